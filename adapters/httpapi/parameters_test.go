package httpapi_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/domain"
)

// operation is a GET of openapi.yaml, with a path whose record populate creates.
type operation struct {
	*openapi3.Operation
	path string
	// takesDeleted is set for lists that also answer ?deleted=true of older clients. The
	// document describes that in words only: the answer is the one of the path deleted/.
	takesDeleted bool
}

// getOperations returns all GET operations below /api/.
func getOperations(t *testing.T) (operations []operation) {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		if strings.HasPrefix(path, "/api/") && item.Get != nil {
			operations = append(operations, operation{
				item.Get, strings.NewReplacer("{id}", "1", "{version}", "1").Replace(path), spec.Paths.Value(path+"deleted/") != nil,
			})
		}
	}
	return operations
}

// documented returns the names of the query parameters in the document, in its order.
func (o operation) documented() (names []string) {
	for _, parameter := range o.Parameters {
		if parameter.Value.In == openapi3.ParameterInQuery {
			names = append(names, parameter.Value.Name)
		}
	}
	return names
}

// parameters returns the names of the query parameters that the service knows, sorted.
func (o operation) parameters() []string {
	names := append([]string{}, o.documented()...)
	if o.takesDeleted {
		names = append(names, "deleted")
	}
	slices.Sort(names)
	return names
}

// checkRefusal checks the error of an unknown parameter.
func (o operation) checkRefusal(t *testing.T, message string) {
	t.Helper()
	names, isDeclared := o.parameters(), declaredLists[o.OperationID] != nil
	switch {
	case len(names) == 0:
		assert.Equal(t, "Unknown parameter.", message, o.path)
	case !isDeclared:
		assert.Equal(t, "Unknown parameter. Allowed: "+strings.Join(names, ", ")+".", message, o.path)
	default:
		require.Regexp(t, `^Unknown parameter\. Allowed: .*limit, cursor, count, fields\.$`, message, o.path)
		for _, name := range o.documented() {
			name, suffix, hasSuffix := strings.Cut(name, "__")
			assert.Contains(t, message, name, o.path)
			if hasSuffix {
				assert.Contains(t, message, "__"+suffix, o.path)
			}
		}
	}
}

// If a misspelt filter were ignored, a list would show all records.
func TestAMisspeltParameterIsRefusedByEveryGET(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for _, read := range getOperations(t) {
		for _, path := range []string{read.path, strings.TrimSuffix(read.path, "/")} {
			got := api.do("GET", path+"?serch=x&feilds=id", admin, "")
			if assert.Equal(t, 400, got.StatusCode, "%s: %s", path, got.body) {
				for name, messages := range got.object(t)["errors"].(map[string]any) {
					assert.Contains(t, []string{"serch", "feilds"}, name, path)
					read.checkRefusal(t, messages.([]any)[0].(string))
				}
				assert.Len(t, got.object(t)["errors"], 2, path)
			}
			api.want(400, "HEAD", path+"?serch=x", admin, "")
		}
	}
}

// A search on a list that has none is neither ignored nor a matter of permissions.
func TestASearchOfAListWithoutSearchIsRefused(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for _, read := range getOperations(t) {
		if !slices.Contains(read.parameters(), "search") {
			got := api.want(400, "GET", read.path+"?search=ada", admin, "")
			read.checkRefusal(t, got.object(t)["errors"].(map[string]any)["search"].([]any)[0].(string))
		}
	}
	for _, event := range api.allPages("/api/audit/", admin) {
		assert.NotEmpty(t, event["action"])
	}
}

func TestEveryDocumentedParameterIsReadAndRefusedTwice(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for _, read := range getOperations(t) {
		for _, name := range read.parameters() {
			if read.OperationID == "ListUserNames" { // It takes several ids.
				continue
			}
			got := api.want(400, "GET", read.path+"?"+name+"=%00&"+name+"=%00", admin, "")
			assert.Equal(t, []string{name}, slices.Collect(maps.Keys(got.object(t)["errors"].(map[string]any))), read.path)
			assert.Contains(t, string(got.body), "once", "%s %s", read.path, name)
		}
	}
}

// Clients of the old backend send format=json.
func TestFormatJSONIsAcceptedAndNothingElse(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	for _, operation := range getOperations(t) {
		plain := api.want(200, "GET", operation.path, admin, "")
		asked := api.want(200, "GET", operation.path+"?format=json", admin, "")
		if !strings.Contains(operation.path, "accesses") && operation.path != "/api/audit/" { // these lists grow with each request
			assert.Equal(t, string(plain.body), string(asked.body), operation.path)
		}
		for _, format := range []string{"format=", "format=csv", "format=api", "format=JSON", "format=json&format=json"} {
			got := api.want(400, "GET", operation.path+"?"+format, admin, "")
			assert.Equal(t, map[string]any{"format": []any{"Must be json, once. The Accept header asks for another format."}}, got.object(t)["errors"], operation.path)
		}
	}
}

func TestAllBadParametersAreNamedToAuthorizedCallers(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		staff := api.signUp("staff@example.com", domain.Staff)
		const query = "/api/users/?serch=x&limit=0&role=admin&format=xml&%ff=1&=2"
		unknown := []any{"Unknown parameter. Allowed: search, role, is_active, ordering, limit, cursor, count, fields."}
		problem := api.want(400, "GET", query, admin, "").object(t)
		assert.Equal(t, map[string]any{
			"serch": unknown, "\ufffd": unknown, "": unknown,
			"limit":  []any{"An integer from 1 to 1000 is required."},
			"role":   []any{"Not a valid choice: use ADMIN or STAFF."},
			"format": []any{"Must be json, once. The Accept header asks for another format."},
		}, problem["errors"])
		assert.Equal(t, domain.Failed, api.LastEvent().Outcome)
		assert.Equal(t, domain.UserRead, api.LastEvent().Action)
		api.want(403, "GET", query, staff, "")
		assert.Equal(t, domain.Denied, api.LastEvent().Outcome)
		api.want(401, "GET", query, "", "")
	})
}

// Health checks and browsers add parameters of their own.
func TestServiceEndpointsIgnoreParameters(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	for _, path := range []string{"/livez", "/readyz", "/openapi.yaml", "/openapi.json", "/docs", "/docs/page.js"} {
		api.want(200, "GET", path+"?verbose&ts=1", "", "")
	}
}
