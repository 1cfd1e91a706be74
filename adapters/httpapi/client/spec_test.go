package client_test

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
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

func TestEveryOperationIsDescribedCompletely(t *testing.T) {
	required := map[int][]string{
		201: {"Location"},
		304: {"ETag"},
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
				assert.Subset(t, slices.Collect(maps.Keys(operation.Responses.Map())), expectedStatuses(method, path, operation))
				for code, response := range operation.Responses.Map() {
					status, err := strconv.Atoi(code)
					require.NoError(t, err)
					headers := slices.Collect(maps.Keys(response.Value.Headers))
					needed := required[status]
					if strings.HasSuffix(path, "/bulk/") && status == http.StatusCreated {
						needed = nil // Several records have no one location.
					}
					assert.Subset(t, headers, append(needed, "X-Request-Id", "Cache-Control"), code)
					if status >= 400 {
						assert.Equal(t, []string{"application/problem+json"}, slices.Collect(maps.Keys(response.Value.Content)), code)
					}
				}
			})
		}
	}
}

// expectedStatuses returns the statuses that follow from the kind of the operation.
func expectedStatuses(method, path string, operation *openapi3.Operation) []string {
	codes := []string{"405", "500"}
	if strings.HasPrefix(path, "/api/") {
		codes = append(codes, "503")
	}
	if strings.HasPrefix(path, "/api/") && method == http.MethodGet {
		codes = append(codes, "400") // an unknown parameter
	}
	if operation.RequestBody != nil {
		codes = append(codes, "400", "408", "413", "415")
	}
	if operation.Parameters.GetByInAndName("header", "If-Match") != nil {
		codes = append(codes, "400", "412", "428")
	}
	if operation.Parameters.GetByInAndName("header", "If-None-Match") != nil {
		codes = append(codes, "304", "400")
	}
	if strings.Contains(path, "{") {
		codes = append(codes, "404")
	}
	return codes
}
