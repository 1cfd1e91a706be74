package apitest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
)

func schemas(t *testing.T) openapi3.Schemas {
	t.Helper()
	spec, err := contract()
	require.NoError(t, err)
	return spec.Components.Schemas
}

// PATCH takes what PUT takes, and requires none of it.
func TestChangesAreInputs(t *testing.T) {
	schemas := schemas(t)
	for _, name := range []string{"Doctor", "Patient", "Mapping"} {
		input, change := schemas[name+"Input"].Value, schemas[name+"Change"].Value
		assert.NotEmpty(t, input.Properties, name)
		assert.Equal(t, input.Properties, change.Properties, name)
		assert.Empty(t, change.Required, name)
	}
}

// Everything that is read can be sent back.
func TestWhatIsReadCanBeSent(t *testing.T) {
	schemas := schemas(t)
	for read, sent := range map[string]string{
		"Doctor": "DoctorInput", "Patient": "PatientInput", "Mapping": "MappingInput", "User": "Profile", "Account": "AccountChange",
	} {
		assert.NotEmpty(t, schemas[read].Value.Properties, read)
		assert.Subset(t,
			slices.Collect(maps.Keys(schemas[sent].Value.Properties)),
			slices.Collect(maps.Keys(schemas[read].Value.Properties)), read)
	}
}

func TestEveryObjectIsClosed(t *testing.T) {
	for name, schema := range schemas(t) {
		assert.Empty(t, schema.Value.AllOf, name)
		if schema.Value.Type.Is(openapi3.TypeObject) {
			assert.True(t, isClosed(schema.Value), name)
		}
	}
}

// Requests are closed for every reader of openapi.yaml, not only for this package.
func TestRequestsAreClosedWithoutMerging(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			if operation.RequestBody == nil {
				continue
			}
			for _, media := range operation.RequestBody.Value.Content {
				assert.True(t, isClosed(media.Schema.Value), "%s %s", method, path)
			}
		}
	}
}

func isClosed(schema *openapi3.Schema) bool {
	allowed := schema.AdditionalProperties.Has
	return allowed != nil && !*allowed ||
		slices.ContainsFunc(schema.AllOf, func(part *openapi3.SchemaRef) bool { return isClosed(part.Value) })
}

func TestMergingRefusesWhatWouldChangeTheMeaning(t *testing.T) {
	name := func() *openapi3.Schema {
		return openapi3.NewObjectSchema().WithProperty("name", openapi3.NewStringSchema())
	}
	id := func() *openapi3.Schema {
		return openapi3.NewObjectSchema().WithProperty("id", openapi3.NewInt64Schema())
	}
	for _, tt := range []struct {
		first, second *openapi3.Schema
		want          string
	}{
		{name(), name(), "two parts of allOf describe name"},
		{name(), id().WithMaxProperties(1), "a part of allOf says more than which members there are"},
		{name().WithoutAdditionalProperties(), id(), "a part of allOf refuses the members of another part"},
	} {
		assert.EqualError(t, merge(openapi3.NewAllOfSchema(tt.first, tt.second)), tt.want)
	}
}

// reports keeps the errors of a test instead of failing it.
type reports struct {
	testing.TB
	errors []string
}

// Errorf implements testing.TB.
func (r *reports) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// TestUnknownMembersOfAnswersAreReported adds a member to each answer in place of
// each +, and takes away what a part of its schema requires.
func TestUnknownMembersOfAnswersAreReported(t *testing.T) {
	const (
		doctor  = `"id":7,"name":"Dr. Ana Ruiz","joined_at":"2026-03-02","specialization":"Cardiology","license_number":"MED-20417"+`
		patient = `"id":12,"created_by":3,"name":"Mia Chen","date_of_birth":null,"phone_number":"","gender":null,"address":"","medical_record":""+`
		mapping = `"id":31,"patient":12,"doctor":7,"assigned_at":"2026-03-02T09:00:00.5Z"+`
		deleted = `,"deleted_at":"2026-04-09T08:15:30.123456Z","deleted_by":null`
		version = `"version":1,"at":"2026-04-09T08:15:30.123456Z","by":null,"change":"found","changed":[]+`
	)
	for _, tt := range []struct{ path, body, required string }{
		{"/api/doctors/7/", `{` + doctor + `}`, `"name":"Dr. Ana Ruiz",`},
		{"/api/doctors/", `[{` + doctor + deleted + `}]`, `,"deleted_by":null`},
		{"/api/doctors/7/history/1/", `{` + version + `,"record":{` + doctor + `}}`, `"by":null,`},
		{"/api/patients/12/", `{` + patient + `,"assigned_doctors":[7]}`, `,"assigned_doctors":[7]`},
		{"/api/patients/", `[{` + patient + deleted + `}]`, `"name":"Mia Chen",`},
		{"/api/patients/12/history/1/", `{` + version + `,"record":{` + patient + `}}`, `"address":"",`},
		{"/api/mappings/", `[{"id":31,"patient":{"id":12,"name":"Mia Chen"},"doctor":{` + doctor + `},"assigned_at":"2026-03-02T09:00:00.5Z"+}]`, `"id":31,`},
		{"/api/mappings/", `[{` + mapping + deleted + `,"ended_with":null}]`, `,"ended_with":null`},
		{"/api/mappings/31/history/1/", `{` + version + `,"record":{` + mapping + `}}`, `"patient":12,`},
	} {
		assert.Empty(t, check(t, tt.path, strings.ReplaceAll(tt.body, "+", "")), tt.path)
		without := strings.ReplaceAll(tt.body, "+", "")
		assert.NotEmpty(t, check(t, tt.path, strings.Replace(without, tt.required, "", 1)), "%s without %s", tt.path, tt.required)
		pieces := strings.Split(tt.body, "+")
		for i := 1; i < len(pieces); i++ {
			with := strings.Join(pieces[:i], "") + `,"nmae":1` + strings.Join(pieces[i:], "")
			assert.NotEmpty(t, check(t, tt.path, with), with)
		}
	}
}

// check returns what Transport reports of an answer with this body.
func check(t *testing.T, path, body string) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range commonHeaders {
			w.Header().Set(name, value)
		}
		w.Header().Set("X-Request-Id", "Q7ZK2MWN4XJ5H3RTB6LCVD2SEY")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	reports := &reports{TB: t}
	resp, err := (&http.Client{Transport: Transport(reports)}).Get(server.URL + path)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return reports.errors
}
