package httpapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// Values copied from contacts, chats and word processors have invisible and unusual
// characters.
func TestPastedValuesAreCleaned(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		const longest = "+12 (34) 567 89 01 / 23       45"
		for pasted, want := range map[string]string{
			longest:                               longest,
			"\u202a+49\u00a030\u2011901820\u202c": "+49 30-901820",
			"＋４９ ٣٠ ۹۰۱۸۲۰\u200b":                 "+49 30 901820",
		} {
			patient := api.want(201, "POST", "/api/patients/", admin, fmt.Sprintf(`{"name":"\u200eAda\ufeff","phone_number":%q,"medical_record":"a\u000bb\u000cc"}`, pasted)).object(t)
			assert.Equal(t, []any{want, "Ada", "a\nb\nc"}, []any{patient["phone_number"], patient["name"], patient["medical_record"]})
			user := api.want(200, "PATCH", "/api/auth/me/", admin, fmt.Sprintf(`{"first_name":"\u200eAda\ufeff","last_name":"\u200b","phone_number":%q}`, pasted)).object(t)
			assert.Equal(t, []any{want, "Ada", ""}, []any{user["phone_number"], user["first_name"], user["last_name"]})
		}
		doctor := api.want(201, "POST", "/api/doctors/", admin, `{"name":"House\u200b","specialization":"\u200eX","license_number":"\u200eNJ-1\ufeff","salary":"1.00\u00a0"}`).object(t)
		assert.Equal(t, []any{"House", "X", "NJ-1", "1.00"}, []any{doctor["name"], doctor["specialization"], doctor["license_number"], doctor["salary"]})
		for text, want := range map[string]string{
			`Secret\u001bwords`: "Character 7 is U+001B, which is not allowed here.",
			`\u200bSe\u0007`:    "Character 4 is U+0007, which is not allowed here.",
		} {
			refused := api.want(400, "PATCH", "/api/patients/1/", admin, `{"name":"`+text+`","address":"`+text+`"}`)
			assert.Equal(t, map[string]any{"name": []any{want}, "address": []any{want}}, refused.object(t)["errors"])
		}
	})
}

func TestPastedCodesAreAccepted(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	staff := api.signUp("staff@example.com", domain.Staff)
	phone := api.enrol(staff)
	recovery := api.confirm(staff, phone.code(0))
	now := phone.code(30 * time.Second)
	api.loginWithCode(200, "staff@example.com", goodPassword, now[:3]+`\u2013`+now[3:]+`\u00a0\r\n`)
	code := strings.ReplaceAll(recovery[0].(string), "-", `\u2011`)
	api.loginWithCode(200, "staff@example.com", goodPassword, `\u202a`+code+`\n`)
}
