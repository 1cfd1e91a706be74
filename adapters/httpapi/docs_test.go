package httpapi_test

import (
	"compress/gzip"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/domain"
)

// docsFiles are the files that the documentation page loads, with their types.
var docsFiles = map[string]string{
	"page.js": "text/javascript; charset=utf-8", "page.css": "text/css; charset=utf-8", "favicon-32x32.png": "image/png",
	"swagger-ui.css": "text/css; charset=utf-8", "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}

func TestTheDocumentationPageAllowsOnlyScriptsOfItsOwn(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	page := api.want(200, "GET", "/docs/", "", "")
	assert.Equal(t, page.body, api.want(200, "GET", "/docs", "", "").body, "no redirect")
	assert.Equal(t, page.body, api.want(200, "GET", "/docs/?page=1", "", "").body)
	assert.Empty(t, api.want(200, "HEAD", "/docs/", "", "").body)
	assert.Equal(t, "text/html; charset=UTF-8", page.Header.Get("Content-Type"))
	assert.Equal(t, "nosniff", page.Header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", page.Header.Get("Cache-Control"))

	require.Len(t, page.Header.Values("Content-Security-Policy"), 1)
	policy := map[string]string{}
	for directive := range strings.SplitSeq(page.Header.Get("Content-Security-Policy"), "; ") {
		name, sources, _ := strings.Cut(directive, " ")
		policy[name] = sources
	}
	assert.Equal(t, map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "img-src": "'self' data:", "connect-src": "'self'",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
	}, policy, "no other host, nothing inline, no eval")

	assert.NotRegexp(t, `(?i)<style|\sstyle=|\son[a-z]+=|javascript:`, string(page.body), "the policy would block it")
	for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(string(page.body), -1) {
		assert.Contains(t, script, " src=")
	}
	api.want(405, "POST", "/docs/", "", "{}")
}

func TestEveryLinkOfTheDocumentationPageIsServed(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	proxy := behindProxy(t, api)
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	require.NoError(t, err)
	for prefix, base := range map[string]string{"": api.url, "/clinic": proxy} {
		for _, path := range []string{"/docs", "/docs/"} {
			page, body := follow(t, base, prefix+path, "")
			require.Equal(t, 200, page.StatusCode)
			loaded := map[string]string{}
			for _, link := range regexp.MustCompile(`(?:href|src)="([^"]*)"`).FindAllStringSubmatch(body, -1) {
				require.True(t, strings.HasPrefix(link[1], prefix+"/"), link[1])
				got, _ := follow(t, page.Request.URL.String(), link[1], "")
				assert.Equal(t, 200, got.StatusCode, link[1])
				if file, found := strings.CutPrefix(link[1], prefix+"/docs/"); found {
					loaded[file] = got.Header.Get("Content-Type")
				}
			}
			assert.Equal(t, docsFiles, loaded)
			assert.Contains(t, body, `data-prefix="`+prefix+`"`)
		}
		_, script := follow(t, base, prefix+"/docs/page.js", "")
		got, _ := follow(t, base, prefix+"/openapi.json", "")
		assert.Equal(t, 200, got.StatusCode)
		assert.Contains(t, script, `prefix + "/openapi.json"`)
	}

	script := string(api.want(200, "GET", "/docs/page.js", "", "").body)
	called := regexp.MustCompile(`post\("([^"]*)"`).FindAllStringSubmatch(script, -1)
	require.Len(t, called, 2, "login and logout")
	for _, call := range called {
		assert.NotNil(t, spec.Paths.Find(call[1]).Post, call[1])
	}
	scheme := regexp.MustCompile(`scheme = "([^"]*)"`).FindStringSubmatch(script)
	assert.Contains(t, spec.Components.SecuritySchemes, scheme[1])
	for _, name := range []string{"/docs/index.html", "/docs/openapi.yaml", "/docs/%2e%2e%2fopenapi.yaml", "/docs/swagger-ui.css.gz", "/docs/page.js/x"} {
		api.want(404, "GET", name, "", "")
	}
}

// namedHosts are the hosts that Swagger UI's script names without sending them anything: names
// of formats and namespaces, links in error messages and comments, and the validator, which
// the page turns off. The Content-Security-Policy would block requests to them.
var namedHosts = []string{
	"base", "datatracker.ietf.org", "example.com", "fb.me", "github.com", "instagram.com", "json-schema.org", "reactjs.org", "redux.js.org",
	"soundcloud.com", "spdx.org", "spec.openapis.org", "swagger.io", "twitter.com", "validator.swagger.io", "vladimirgorej.com",
	"www.facebook.com", "www.rfc-editor.org", "www.tiktok.com", "www.w3.org",
}

func TestTheDocumentationPageLoadsNothingFromOtherHosts(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	anyURL := regexp.MustCompile(`(?i)\b(?:https?|wss?|ftp):(?:\\?/){2}[A-Za-z0-9.-]*`)
	withoutScheme := regexp.MustCompile(`(?i)(?:url\(|src=|href=|@import|sourceMappingURL=)\s*["']?//`)
	page := string(api.want(200, "GET", "/docs/", "", "").body)
	assert.NotRegexp(t, anyURL, page)
	assert.NotRegexp(t, withoutScheme, page)
	for file := range docsFiles {
		text := string(api.want(200, "GET", "/docs/"+file, "", "").body)
		assert.NotRegexp(t, withoutScheme, text, file)
		for _, found := range anyURL.FindAllString(text, -1) {
			link, err := url.Parse(found)
			require.NoError(t, err)
			switch file {
			case "swagger-ui-bundle.js":
				if link.Host != "" {
					assert.Contains(t, namedHosts, link.Host, "look up what this release of Swagger UI does with it")
				}
			default:
				assert.Equal(t, "http://www.w3.org", found, "%s: the namespace of SVG", file)
			}
		}
	}
	assert.Contains(t, string(api.want(200, "GET", "/docs/page.js", "", "").body), "validatorUrl: null,")
}

func TestTheDocumentationPageIsTheSameForEveryoneAndShowsNoRecords(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	api.populate(admin)
	events := api.LastEvent().ID
	for _, path := range append(slices.Collect(maps.Keys(docsFiles)), "") {
		want := api.want(200, "GET", "/docs/"+path, "", "").body
		for _, token := range []string{admin, "expired"} {
			assert.Equal(t, want, api.want(200, "GET", "/docs/"+path, token, "").body, path)
		}
		assert.NotContains(t, string(want), "admin@example.com")
	}
	assert.Equal(t, events, api.LastEvent().ID, "no record is used, so there is no event")
}

func TestFilesOfTheDocumentationPageAreCompressedForClientsThatAcceptIt(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	for _, file := range []string{"/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"} {
		plain := api.want(200, "GET", file, "", "", "Accept-Encoding", "identity")
		for _, accept := range []string{"gzip", "br;q=1, GZIP;q=0.5", "deflate, gzip;q=1.0, *;q=0.5"} {
			got := api.want(200, "GET", file, "", "", "Accept-Encoding", accept)
			assert.Equal(t, "gzip", got.Header.Get("Content-Encoding"), accept)
			assert.Equal(t, []string{"Accept-Encoding"}, got.Header.Values("Vary"))
			assert.EqualValues(t, len(got.body), got.ContentLength)
			reader, err := gzip.NewReader(strings.NewReader(string(got.body)))
			require.NoError(t, err)
			unzipped, err := io.ReadAll(reader)
			require.NoError(t, err)
			assert.True(t, string(plain.body) == string(unzipped), file)
		}
		for _, accept := range []string{"identity", "br", "gzip;q=0"} {
			got := api.want(200, "GET", file, "", "", "Accept-Encoding", accept)
			assert.Empty(t, got.Header.Get("Content-Encoding"), accept)
			assert.Equal(t, []string{"Accept-Encoding"}, got.Header.Values("Vary"))
			assert.True(t, string(plain.body) == string(got.body), file)
		}
	}
}

func TestWithoutTheDocumentationPageItsPathsAreNotFound(t *testing.T) {
	api := newAPIWithOptions(t, stores["memory"](t), httpapi.Options{NoDocs: true})
	for _, path := range []string{"/docs", "/docs/", "/docs/page.js", "/docs/swagger-ui-bundle.js"} {
		assert.Equal(t, "not_found", api.want(404, "GET", path, "", "").code(t), path)
		api.want(404, "POST", path, "", "{}")
	}
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		api.want(200, "GET", path, "", "")
	}
	assert.JSONEq(t, `{"api":"/api/","openapi":"/openapi.yaml"}`, string(api.want(200, "GET", "/", "", "").body))
	assert.NotContains(t, string(api.want(200, "GET", "/", "", "", "Accept", "text/html").body), "/docs")
}

func TestOpenAPIJSONIsTheDocumentOfOpenAPIYAML(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	proxy := behindProxy(t, api)
	for prefix, base := range map[string]string{"": api.url, "/clinic": proxy} {
		var documents [2]*openapi3.T
		for i, path := range []string{"/openapi.yaml", "/openapi.json"} {
			_, text := follow(t, base, prefix+path, "")
			var err error
			documents[i], err = openapi3.NewLoader().LoadFromData([]byte(text))
			require.NoError(t, err)
			assert.Equal(t, prefix+"/", documents[i].Servers[0].URL)
		}
		want, err := documents[0].MarshalJSON()
		require.NoError(t, err)
		got, err := documents[1].MarshalJSON()
		require.NoError(t, err)
		assert.JSONEq(t, string(want), string(got))
	}
	got := api.want(200, "GET", "/openapi.json", "", "")
	assert.Equal(t, "application/json", got.Header.Get("Content-Type"))
	assert.EqualValues(t, len(got.body), got.ContentLength)
	document, err := httpapi.OpenAPIJSON()
	require.NoError(t, err)
	assert.Equal(t, string(document), string(got.body))
	assert.Regexp(t, `^\{"openapi":"3\.0\.3","info":\{"title":.*"servers":.*"security":.*"tags":.*"paths":.*"components":`, string(document), "the order of the YAML")
}
