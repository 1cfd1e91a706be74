package apitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
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

// A PATCH requires none of them.
func TestPATCHTakesTheMembersOfPUT(t *testing.T) {
	schemas := schemas(t)
	for _, name := range []string{"Doctor", "Patient", "Mapping"} {
		input, change := schemas[name+"Input"].Value, schemas[name+"Change"].Value
		assert.NotEmpty(t, input.Properties, name)
		assert.Equal(t, input.Properties, change.Properties, name)
		assert.Empty(t, change.Required, name)
	}
}

// Members that only the service sets are ignored.
func TestAnswersCanBeSentBack(t *testing.T) {
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

// Schemas of requests are closed in openapi.yaml itself, so that other tools refuse additional
// members, too.
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

func TestMergeRefusesPartsThatConflict(t *testing.T) {
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
		{name(), id().WithMaxProperties(1), "a part of allOf has keywords other than members"},
		{name().WithoutAdditionalProperties(), id(), "a part of allOf refuses the members of another part"},
	} {
		assert.EqualError(t, merge(openapi3.NewAllOfSchema(tt.first, tt.second)), tt.want)
	}
}

// reports records the errors of a test instead of failing it.
type reports struct {
	testing.TB
	errors []string
}

// Errorf implements testing.TB.
func (r *reports) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestUnknownAndMissingMembersOfAnswersAreReported(t *testing.T) {
	schemas := schemas(t)
	for _, tt := range []struct{ path, schema, format string }{
		{"/api/doctors/7/", "Doctor", "%s"},
		{"/api/doctors/deleted/", "DeletedDoctor", "[%s]"},
		{"/api/doctors/7/history/1/", "DoctorVersion", "%s"},
		{"/api/patients/12/", "Patient", "%s"},
		{"/api/patients/deleted/", "DeletedPatient", "[%s]"},
		{"/api/patients/12/history/1/", "PatientVersion", "%s"},
		{"/api/doctors/?deleted=true", "DeletedDoctor", "[%s]"},
		{"/api/mappings/", "Assignment", "[%s]"},
		{"/api/mappings/deleted/", "DeletedMapping", "[%s]"},
		{"/api/mappings/31/history/1/", "MappingVersion", "%s"},
	} {
		whole := sample(schemas[tt.schema].Value).(map[string]any)
		reported := func() []string {
			body, err := json.Marshal(whole)
			require.NoError(t, err)
			return reportedErrors(t, tt.path, fmt.Sprintf(tt.format, body))
		}
		require.Empty(t, reported(), tt.schema)
		for _, object := range []any{whole, whole["record"], whole["doctor"], whole["patient"]} {
			if object, ok := object.(map[string]any); ok {
				object["nmae"] = 1
				assert.NotEmpty(t, reported(), "%s with an unknown member in %v", tt.schema, object)
				delete(object, "nmae")
			}
		}
		for _, name := range schemas[tt.schema].Value.Required {
			value := whole[name]
			delete(whole, name)
			assert.NotEmpty(t, reported(), "%s without %s", tt.schema, name)
			whole[name] = value
		}
	}
}

// sample returns a value that schema allows, from the examples of its members.
func sample(schema *openapi3.Schema) any {
	if schema.Example != nil || schema.Nullable {
		return schema.Example
	}
	object := map[string]any{}
	for name, member := range schema.Properties {
		object[name] = sample(member.Value)
	}
	return object
}

// reportedErrors returns the errors that Transport reports for an answer with this body.
func reportedErrors(t *testing.T, path, body string) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range commonHeaders {
			w.Header().Set(name, value)
		}
		w.Header().Set("X-Request-Id", "Q7ZK2MWN4XJ5H3RTB6LCVD2SEY")
		w.Header().Set("ETag", `"2"`)
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
