package httpapi

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestOpenAPIHasExactlyTheRoutesOfTheService(t *testing.T) {
	loader := openapi3.NewLoader()
	spec, err := loader.LoadFromData(openAPI)
	require.NoError(t, err)
	require.NoError(t, spec.Validate(loader.Context))
	assert.Regexp(t, `^3\.0\.3$`, spec.OpenAPI)

	var documented, served []string
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	for _, route := range allRoutes() {
		served = append(served, route.method+" "+documentedPath(route))
	}
	assert.ElementsMatch(t, documented, served)
}

// allRoutes returns the routes, over use-cases that must not be called.
func allRoutes() []route {
	return routes(application.New(application.Ports{}, application.Rules{}), nil, Options{})
}

// documentedPath returns the route's path in OpenAPI's syntax.
func documentedPath(r route) string {
	return regexp.MustCompile(`:([a-z]+)`).ReplaceAllString(r.path, "{$1}")
}

func TestOpenAPINamesOnlyPermissionsOfThePolicy(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	known := map[string]bool{}
	for _, rule := range domain.Policy() {
		known[string(rule.Permission)] = true
	}
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			permission, named := operation.Extensions["x-permission"]
			if strings.HasPrefix(path, "/api/") && path != "/api/" {
				assert.True(t, named && known[permission.(string)], "%s %s needs %v", method, path, permission)
			}
		}
	}
}

// Each description begins with the roles that can call the operation.
func TestOpenAPISaysWhoCanCallEachOperation(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			permission, named := operation.Extensions["x-permission"].(string)
			can := func(role domain.Role) bool {
				if !named { // The index is for every user, and a route outside /api/ for everybody.
					return role != domain.Anonymous || !strings.HasPrefix(path, "/api/")
				}
				return domain.Can(role, domain.Permission(permission))
			}
			want := "For Admins. "
			if can(domain.Staff) {
				want = "For Staff and Admins. "
			}
			if can(domain.Anonymous) {
				want = "For anyone. "
			}
			assert.True(t, strings.HasPrefix(operation.Description, want), "%s %s is not %q", method, path, want)
		}
	}
}

func TestOpenAPISaysWhichRoutesNeedAToken(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	for _, route := range allRoutes() {
		operation := spec.Paths.Find(documentedPath(route)).GetOperation(route.method)
		security := spec.Security
		if operation.Security != nil {
			security = *operation.Security
		}
		needsToken := len(security) > 0
		for _, way := range security {
			needsToken = needsToken && len(way) > 0
		}
		assert.Equal(t, route.token == tokenRequired, needsToken, "%s %s", route.method, route.path)
		_, says401 := operation.Responses.Map()["401"]
		if route.token == tokenRequired {
			assert.True(t, says401, "%s %s", route.method, route.path)
		}
		if route.method != http.MethodGet {
			assert.True(t, strings.HasPrefix(route.path, "/api/"), "a route outside /api/ must be a GET")
		}
	}
}
