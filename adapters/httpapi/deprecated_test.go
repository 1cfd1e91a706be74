package httpapi_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestTheOldPathOfAPatientsDoctorsNamesItsSuccessor(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	const successor = `</api/patients/1/doctors/>; rel="successor-version"`
	for _, path := range []string{"/api/mappings/1/", "/api/mappings/1"} {
		for _, method := range []string{"GET", "HEAD"} {
			got := api.want(200, method, path+"?limit=100", admin, "")
			assert.Equal(t, []string{"@1795651200"}, got.Header.Values("Deprecation"), path)
			assert.Equal(t, []string{"<" + path + `?limit=100>; rel="first", ` + successor}, got.Header.Values("Link"), path)
			assert.Empty(t, got.Header.Values("Sunset"), "the path stays")
		}
	}
	assert.Equal(t, api.want(200, "GET", "/api/patients/1/doctors/", admin, "").body, api.want(200, "GET", "/api/mappings/1/", admin, "").body)

	api.want(201, "POST", "/api/mappings/", admin, `{"patient":1,"doctor":2}`)
	first := api.want(200, "GET", "/api/mappings/1/?limit=1", admin, "")
	assert.Regexp(t, `^</api/mappings/1/\?limit=1>; rel="first", </api/mappings/1/\?cursor=[^>]+>; rel="next", `+successor+"$", first.Header.Get("Link"))
	last := api.want(200, "GET", nextPage(first), admin, "")
	assert.Equal(t, []any{2.0}, []any{last.objects(t)[0]["id"]})
	assert.Equal(t, `</api/mappings/1/?limit=1>; rel="first", `+successor, last.Header.Get("Link"))

	got, _ := follow(t, behindProxy(t, api), "/clinic/api/mappings/1/", admin)
	assert.Equal(t, `</clinic/api/mappings/1/>; rel="first", </clinic/api/patients/1/doctors/>; rel="successor-version"`, got.Header.Get("Link"))
}

// Clients that look for the header must find it exactly where the document says so.
func TestExactlyTheDeprecatedOperationsSayThatTheyAre(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	deprecated := 0
	for _, operation := range getOperations(t) {
		got := api.want(200, "GET", operation.path, admin, "")
		assert.Equal(t, operation.Deprecated, got.Header.Get("Deprecation") != "", operation.path)
		if operation.Deprecated {
			deprecated++
		}
	}
	assert.Equal(t, 1, deprecated)
	// In the other operations on the path, the id is that of a mapping.
	assert.Empty(t, api.want(200, "PATCH", "/api/mappings/1/", admin, `{"doctor":2}`).Header.Get("Deprecation"))
	assert.Empty(t, api.want(204, "DELETE", "/api/mappings/1/", admin, "").Header.Get("Deprecation"))
}
