package console_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/domain"
)

// sendBody sends a body as it is, with a content type.
func (b *browser) sendBody(method, path, contentType, body string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	require.NoError(b.t, err)
	req.Header = b.header.Clone()
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	client := http.Client{Jar: b.jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	require.NoError(b.t, err)
	require.NoError(b.t, resp.Body.Close())
	return answer{Response: resp, b: b}
}

const urlEncoded = "application/x-www-form-urlencoded"

func TestAFormThatCannotBeReadIsRefusedAndChangesNothing(t *testing.T) {
	f := newDesk(t).furnish()
	b := f.arrive(boss)
	before := len(f.Events())
	for _, route := range routesOf(http.MethodPost) {
		_, address := f.address(route)
		for name, sent := range map[string]struct {
			contentType, body string
			want              int
		}{
			"too large":           {urlEncoded, "name=" + strings.Repeat("x", 4<<20), http.StatusRequestEntityTooLarge},
			"ten thousand fields": {urlEncoded, strings.Repeat("name=x&", 10_000), http.StatusBadRequest},
			"bad escapes":         {urlEncoded, "name=%zz", http.StatusBadRequest},
			"semicolons":          {urlEncoded, "name=x;once=y", http.StatusBadRequest},
			"JSON":                {"application/json", `{"name":"x"}`, http.StatusUnsupportedMediaType},
			"plain text":          {"text/plain", "name=x", http.StatusUnsupportedMediaType},
			"parts":               {"multipart/form-data; boundary=x", "--x--", http.StatusUnsupportedMediaType},
			"no type":             {"", "name=x", http.StatusUnsupportedMediaType},
			"a broken type":       {"application/", "name=x", http.StatusUnsupportedMediaType},
		} {
			assert.Equal(t, sent.want, b.sendBody(http.MethodPost, address, sent.contentType, sent.body).StatusCode, "%s: %s", route, name)
		}
	}
	assert.Len(t, f.Events(), before, "nothing was tried")
	assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
}

func TestAnUnknownMethodIsRefusedAndChangesNothing(t *testing.T) {
	f := newDesk(t).furnish()
	b := f.arrive(boss)
	routes := console.RouteNames()
	before := f.changes()
	for _, route := range routes {
		_, address := f.address(route)
		for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "TRACE", "PROPFIND"} {
			got := b.sendBody(method, address, urlEncoded, blankForm().Encode())
			_, path, _ := strings.Cut(route, " ")
			if method == http.MethodHead && slices.Contains(routes, "GET "+path) {
				assert.Less(t, got.StatusCode, 400, "%s %s", method, route)
				continue
			}
			assert.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed}, got.StatusCode, "%s %s", method, route)
		}
	}
	assert.Equal(t, before, f.changes())
	assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
}

// fieldNames are the names of all fields of the forms that an administrator can open.
func (f furnished) fieldNames(b *browser) []string {
	names := map[string]bool{
		"next": true, "kept": true, "proof": true, "otp": true, "q": true, "code": true,
		"doctor_name_match": true, "actor_match": true, "patient_match": true, "doctor_match": true,
	}
	for _, route := range routesOf(http.MethodGet) {
		for _, form := range b.visit(f, route).forms() {
			for name := range form.values {
				names[name] = true
			}
			for _, name := range form.typed {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// FuzzForms sends a text in every field of every form, as the body of every form, and in the
// addresses of all pages. Nothing of that is a fault of the service.
func FuzzForms(f *testing.F) {
	for _, text := range []string{
		"", "a\x00b", "\xff\xed\xa0\x80", strings.Repeat("\u1234", 300), "-1", "99999999999999999999", "30.02.1987", "(7)", "%00%", "../../etc", "\u202e\r\nA: b", `"1"`,
	} {
		f.Add(text)
	}
	first := newDesk(f).furnish()
	names := first.fieldNames(first.arrive(boss))
	f.Fuzz(func(t *testing.T, text string) {
		d := newDesk(t)
		house := d.furnish()
		b := house.arrive(boss)
		for _, route := range console.RouteNames() {
			if b.cookies()["healthcare"] == "" {
				b.post("/console/sign-in/", url.Values{"username": {"boss@clinic.example"}, "password": {clinictest.Password}})
			}
			method, address := house.address(route)
			if method == http.MethodGet {
				query := url.Values{"q": {text}, "after": {text}, "version": {text}}
				house.checkNoFault(t, b.sendBody(method, address+"?"+query.Encode(), "", ""), route)
				continue
			}
			fields := url.Values{}
			for _, name := range names {
				fields.Set(name, text)
			}
			house.checkNoFault(t, b.sendBody(method, address, urlEncoded, fields.Encode()), route)
			// With good hidden fields, more of the form is read.
			maps.Copy(fields, blankForm())
			house.checkNoFault(t, b.sendBody(method, address, urlEncoded, fields.Encode()), route)
			house.checkNoFault(t, b.sendBody(method, address, urlEncoded, text), route)
		}
		for _, kind := range []string{"patients", "doctors", "users", "assignments"} {
			house.checkNoFault(t, b.sendBody(http.MethodGet, "/console/"+kind+"/"+url.PathEscape(text)+"/", "", ""), kind)
		}
		found, err := d.Patients.List(t.Context(), d.Admin(), domain.Parameters{})
		require.NoError(t, err)
		for _, patient := range found.Items {
			stored := patient.Name.String() + patient.Address.String() + patient.MedicalRecord.String()
			assert.False(t, strings.Contains(stored, "\x00") || !utf8.ValidString(stored), "%q", stored)
		}
	})
}

// checkNoFault fails if an answer is a fault of the service.
func (f furnished) checkNoFault(t *testing.T, got answer, route string) {
	t.Helper()
	if got.StatusCode >= http.StatusInternalServerError {
		t.Errorf("%s: %s\n%s", route, got.Status, f.faults())
	}
	assert.NotContains(t, got.Header, "A", "no header comes from a form")
}
