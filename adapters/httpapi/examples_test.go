package httpapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// exchange is a documented request together with a documented answer to it.
type exchange struct {
	*openapi3.Operation
	method, path string
	// contentType and body are empty if the request has no body.
	contentType, body string
	status            int
	// accept and answer are empty if the answer has no body.
	accept string
	answer any
	// asAdmin is set if an Admin sends the request although Staff could.
	asAdmin bool
}

// exchanges returns each pair of a request example and an answer example of the operations
// of openapi.yaml, with the examples of the path's parameters and of lists in the query string.
func exchanges(t *testing.T) (all []exchange) {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			filled, query := path, ""
			for _, parameter := range operation.Parameters {
				if parameter.Value.In == openapi3.ParameterInQuery && parameter.Value.Schema.Value.Type.Is("array") {
					query = "?" + exampleQuery(parameter.Value)
				}
				if parameter.Value.In == openapi3.ParameterInPath {
					require.NotNil(t, parameter.Value.Example, "%s %s has no example of %s", method, path, parameter.Value.Name)
					filled = strings.Replace(filled, "{"+parameter.Value.Name+"}", fmt.Sprint(parameter.Value.Example), 1)
				}
			}
			base := exchange{Operation: operation, method: method, path: filled + query}
			for _, asked := range requests(t, base) {
				all = append(all, answers(t, asked)...)
			}
		}
	}
	return all
}

// exampleQuery returns the example of a parameter as part of a query string.
func exampleQuery(parameter *openapi3.Parameter) string {
	values, isList := parameter.Example.([]any)
	if !isList {
		values = []any{parameter.Example}
	}
	parts := make([]string, len(values))
	for i, value := range values {
		parts[i] = parameter.Name + "=" + strings.ReplaceAll(fmt.Sprint(value), " ", "+")
	}
	return strings.Join(parts, "&")
}

// requests returns base with each request example.
func requests(t *testing.T, base exchange) []exchange {
	t.Helper()
	if base.RequestBody == nil {
		return []exchange{base}
	}
	var all []exchange
	for contentType, media := range base.RequestBody.Value.Content {
		for _, example := range examples(media) {
			body, err := json.Marshal(example)
			require.NoError(t, err)
			base.contentType, base.body = contentType, string(body)
			all = append(all, base)
		}
		assert.NotEmpty(t, examples(media), "%s has no example of a request in %s", base.OperationID, contentType)
	}
	return all
}

// answers returns base with each example of a successful answer.
func answers(t *testing.T, base exchange) (all []exchange) {
	t.Helper()
	for code, response := range base.Responses.Map() {
		status, err := strconv.Atoi(code)
		require.NoError(t, err)
		if base.status = status; status >= 300 {
			continue
		}
		if len(response.Value.Content) == 0 {
			all = append(all, base)
		}
		for mediaType, media := range response.Value.Content {
			for name, example := range examples(media) {
				base.accept, base.answer, base.asAdmin = mediaType, example, name == "asAdmin"
				all = append(all, base)
			}
			if data := mediaType == "application/json" || mediaType == "text/csv" || mediaType == "application/x-ndjson"; data && base.OperationID != "GetOpenAPIAsJSON" {
				assert.NotEmpty(t, examples(media), "%s has no example of an answer in %s", base.OperationID, mediaType)
			}
		}
	}
	return all
}

// examples returns the examples of media by their names.
func examples(media *openapi3.MediaType) map[string]any {
	found := map[string]any{}
	if media.Example != nil {
		found[""] = media.Example
	}
	for name, example := range media.Examples {
		found[name] = example.Value.Value
	}
	return found
}

// caller returns the access token of the least privileged user who can call the operation,
// or of the Admin if the example says so.
func (e exchange) caller(c *documentedClinic) string {
	permission, named := e.Extensions["x-permission"].(string)
	switch {
	case e.Security != nil && len(*e.Security) == 0, named && domain.Can(domain.Anonymous, domain.Permission(permission)):
		return ""
	case e.asAdmin, named && !domain.Can(domain.Staff, domain.Permission(permission)):
		return c.admin
	}
	return c.staff
}

// Each example of a request gets the example of the answer: the same status, and the same
// body except for tokens and other secrets. The example of a list can leave out items.
func TestEveryExampleIsWhatTheServiceAnswers(t *testing.T) {
	for _, e := range exchanges(t) {
		t.Run(fmt.Sprintf("%s %d %s %s", e.OperationID, e.status, e.contentType, e.accept), func(t *testing.T) {
			t.Parallel()
			var setups []clinictest.Setup
			if e.status == 202 {
				setups = append(setups, func(_ *application.Ports, r *application.Rules) { r.Registration = application.RegistrationApproval })
			}
			clinic := newDocumentedClinic(t, setups...)
			token := e.caller(clinic)
			headers := slices.Clone(documentedHeaders)
			if e.accept != "" {
				headers = append(headers, "Accept", e.accept)
			}
			if e.body != "" {
				headers = append(headers, "Content-Type", e.contentType)
			}
			got := clinic.want(e.status, e.method, e.path, token, clinic.fill(e.OperationID, token, e.body), headers...)
			if e.accept == "" {
				assert.Empty(t, got.body)
				return
			}
			assert.True(t, strings.HasPrefix(got.Header.Get("Content-Type"), e.accept))
			assertDocumented(t, e.answer, got)
		})
	}
}

func assertDocumented(t *testing.T, documented any, got answer) {
	t.Helper()
	if text, isText := documented.(string); isText {
		lines := strings.Split(randomID.ReplaceAllString(string(got.body), randomID.FindString(text)), "\n")
		for _, line := range strings.Split(text, "\n") {
			assert.Contains(t, lines, line, "%s", got.body)
		}
		return
	}
	var answered, want any
	got.decode(t, &answered)
	example, err := json.Marshal(documented)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(example, &want))
	want, answered = withoutSecrets(want), withoutSecrets(answered)
	if items, isList := want.([]any); isList {
		require.NotEmpty(t, items)
		assert.Subset(t, answered, items, "%s", got.body)
		return
	}
	assert.Equal(t, want, answered)
}

// randomID matches the ID of a store.
var randomID = regexp.MustCompile(`[0-9a-f]{32}`)

// secrets are the members whose values are random.
var secrets = []string{"access", "refresh", "otpauth_uri", "secret", "qr_code", "recovery_codes"}

// withoutSecrets returns an object with another text in the place of each secret. The
// schema of the answer describes the secrets, and each answer is checked against it.
func withoutSecrets(value any) any {
	object, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	object = maps.Clone(object)
	for _, name := range secrets {
		if object[name] != nil {
			object[name] = "secret"
		}
	}
	return object
}
