package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSearchingWithABodyAnswersAsWithAURL(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		const path = "/api/patients/search/"
		for body, query := range map[string]string{
			`{}`: "", `{"search":"picard"}`: "search=picard", `{"search":null,"gender":null,"cursor":null,"count":null}`: "",
			`{"search":"","count":true}`:                                       "search=&count=true",
			`{"gender":"none","ordering":"-name","limit":2,"count":"true"}`:    "gender=none&ordering=-name&limit=2&count=true",
			`{"doctor_id":1,"has_doctor":true,"fields":"name, id"}`:            "doctor_id=1&has_doctor=true&fields=name,id",
			`{"doctor_id":"1","limit":"1"}`:                                    "doctor_id=1&limit=1",
			`{"date_of_birth__gte":"1987-12-01","ordering":"date_of_birth"}`:   "date_of_birth__gte=1987-12-01&ordering=date_of_birth",
			`{"phone_number":"+44 20 7946 0123","external_id":"MRN 1"}`:        "phone_number=%2B44%2020%207946%200123&external_id=MRN%201",
			`{"phone_number":5550001234}`:                                      "phone_number=5550001234",
			`{"search":"\u738b","created_at__gt":"2020-01-01T00:00:00+01:00"}`: "search=%E7%8E%8B&created_at__gt=2020-01-01T00:00:00%2B01:00",
		} {
			byURL := api.want(200, "GET", "/api/patients/?"+query, staff, "")
			asked := api.LastEvent()
			byBody := api.want(200, "POST", path, staff, body)
			event := api.LastEvent()
			assert.Equal(t, string(byURL.body), string(byBody.body), body)
			assert.Equal(t, byURL.Header.Get("X-Total-Count"), byBody.Header.Get("X-Total-Count"), body)
			assert.Equal(t, linkTo(t, byURL, "next") != nil, byBody.Header.Get("X-Next-Cursor") != "", body)
			assert.Empty(t, byBody.Header.Get("Link"), body)
			assert.Equal(t, asked.Action, event.Action, body)
			assert.Equal(t, asked.Subject, event.Subject, body)
			assert.Equal(t, asked.Related, event.Related, body)
			api.want(200, "POST", strings.TrimSuffix(path, "/"), admin, body)
		}
		var paged []int
		cursor := ""
		for {
			page := api.want(200, "POST", path, staff, fmt.Sprintf(`{"search":"e","ordering":"-date_of_birth","limit":1%s}`, cursor))
			paged = append(paged, idsIn(page.objects(t))...)
			if page.Header.Get("X-Next-Cursor") == "" {
				break
			}
			cursor = `,"cursor":"` + page.Header.Get("X-Next-Cursor") + `"`
		}
		assert.Equal(t, api.found("/api/patients/?search=e&ordering=-date_of_birth", staff), paged)
		next := api.cursorOf("/api/patients/?search=e&limit=1", staff)
		api.want(200, "POST", path, staff, `{"search":"e","cursor":"`+next+`"}`)
	})
}

func TestBadMembersOfASearchAreNamed(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		_, staff := api.findable()
		for body, names := range map[string][]string{
			`{"serch":"x"}`: {"serch"}, `{"patient_id":1,"format":"json","deleted":true}`: {"deleted", "format", "patient_id"}, `{"":1}`: {""}, `{"salary":1}`: {"salary"},
			`{"search":["x"],"gender":{},"limit":1.5,"count":"yes","fields":["id"],"ordering":7}`: {"count", "fields", "gender", "limit", "ordering", "search"},
			`{"limit":0,"cursor":true}`: {"cursor", "limit"}, `{"limit":1e2}`: {"limit"}, `{"has_doctor":1}`: {"has_doctor"}, `{"date_of_birth":19900501}`: {"date_of_birth"}, `{"email":true}`: {"email"}, `{"doctor_id":1.0}`: {"doctor_id"},
			`{"search":"` + strings.Repeat("x", 1_000_000) + `"}`:                        {"search"},
			`{"gender":"M' OR '1'='1","email":"' OR 1=1 --@x.y","external_id":"\u001b"}`: {"email", "external_id", "gender"},
		} {
			got := api.want(400, "POST", "/api/patients/search/", staff, body)
			errs, ok := got.object(t)["errors"].(map[string]any)
			require.True(t, ok, "%.100s: %s", body, got.body)
			assert.ElementsMatch(t, names, slices.Collect(maps.Keys(errs)), "%.100s", body)
		}
		many := map[string]int{}
		for i := range 1000 {
			many[fmt.Sprintf("unknown%d", i)] = i
		}
		body, err := json.Marshal(many)
		require.NoError(t, err)
		got := api.want(400, "POST", "/api/patients/search/", staff, string(body))
		assert.Less(t, len(got.body), 16<<10, "the answer is bounded")
		for _, name := range []string{"search", "gender", "serch", "deleted"} {
			got := api.want(400, "POST", "/api/patients/search/?format=json&"+name+"=x", staff, `{"limit":1}`).object(t)
			assert.Equal(t, map[string]any{name: []any{"Give the parameters of a search as members of the body."}}, got["errors"])
		}
		api.want(200, "POST", "/api/patients/search/?format=json", staff, `{}`)
		api.want(401, "POST", "/api/patients/search/", "", `{}`)
	})
}
