package client_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromFile("../openapi.yaml")
	require.NoError(t, err)
	require.NoError(t, spec.Validate(loader.Context, openapi3.EnableExamplesValidation()))
	return spec
}

// What every operation owes its callers.
func TestSpecIsComplete(t *testing.T) {
	owed := map[int][]string{
		201: {"Location"},
		401: {"WWW-Authenticate"},
		405: {"Allow"},
		429: {"Retry-After"},
		503: {"Retry-After"},
	}
	spec := loadSpec(t)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			t.Run(method+" "+path, func(t *testing.T) {
				assert.NotEmpty(t, operation.OperationID)
				assert.NotEmpty(t, operation.Summary)
				assert.NotEmpty(t, operation.Description)
				for code, response := range operation.Responses.Map() {
					status, err := strconv.Atoi(code)
					require.NoError(t, err)
					headers := slices.Collect(maps.Keys(response.Value.Headers))
					assert.Subset(t, headers, append(owed[status], "X-Request-Id", "Cache-Control"), code)
					if status >= 400 {
						assert.Equal(t, []string{"application/problem+json"}, slices.Collect(maps.Keys(response.Value.Content)), code)
					}
				}
			})
		}
	}
}

// PATCH takes what PUT takes, and requires none of it.
func TestChangesAreInputs(t *testing.T) {
	schemas := loadSpec(t).Components.Schemas
	for _, name := range []string{"Doctor", "Patient", "Mapping"} {
		input, change := schemas[name+"Input"].Value, schemas[name+"Change"].Value
		assert.Equal(t, input.Properties, change.Properties, name)
		assert.Empty(t, change.Required, name)
	}
}

// Everything that is read can be sent back.
func TestWhatIsReadCanBeSent(t *testing.T) {
	schemas := loadSpec(t).Components.Schemas
	for read, sent := range map[string]string{
		"Doctor": "DoctorInput", "Patient": "PatientInput", "Mapping": "MappingInput", "User": "Profile", "Account": "AccountChange",
	} {
		assert.Subset(t,
			slices.Collect(maps.Keys(schemas[sent].Value.Properties)),
			slices.Collect(maps.Keys(schemas[read].Value.Properties)), read)
	}
}
