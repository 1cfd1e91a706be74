package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/domain"
)

// behindProxy starts a proxy that serves the service under /clinic and removes this prefix
// from paths.
func behindProxy(t *testing.T, api *api) (base string) {
	t.Helper()
	target, err := url.Parse(api.url)
	require.NoError(t, err)
	forward := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Header.Set("X-Forwarded-Prefix", "/clinic")
	}}
	proxy := httptest.NewServer(http.StripPrefix("/clinic", forward))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// follow requests a reference relative to base (RFC 3986).
func follow(t *testing.T, base, reference, token string, headers ...string) (*http.Response, string) {
	t.Helper()
	from, err := url.Parse(base)
	require.NoError(t, err)
	to, err := from.Parse(reference)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to.String(), nil)
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestPathsInAnswersHaveTheProxysPrefix(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	base := behindProxy(t, api)
	withToken := client.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+admin)
		return nil
	})
	calls, err := client.NewClientWithResponses(base+"/clinic", withToken)
	require.NoError(t, err)
	for range 3 {
		created, err := calls.CreatePatientWithResponse(t.Context(), nil, client.PatientInput{Name: "Ada"})
		require.NoError(t, err)
		location := created.HTTPResponse.Header.Get("Location")
		assert.True(t, strings.HasPrefix(location, "/clinic/api/patients/"), location)
		got, _ := follow(t, base, location, admin)
		assert.Equal(t, 200, got.StatusCode)
	}

	page, err := calls.ListPatientsWithResponse(t.Context(), &client.ListPatientsParams{Limit: new(2)})
	require.NoError(t, err)
	assert.Regexp(t, `^</clinic/api/patients/\?limit=2>; rel="first", </clinic/api/patients/\?cursor=[\w-]+&limit=2>; rel="next"$`, page.HTTPResponse.Header.Get("Link"))
	require.NotNil(t, client.NextPage(page.HTTPResponse))

	_, body := follow(t, base, "/clinic/api/", admin)
	var index map[string]string
	require.NoError(t, json.Unmarshal([]byte(body), &index))
	require.Len(t, index, 5)
	for _, path := range index {
		got, _ := follow(t, base, path, admin)
		assert.Equal(t, 200, got.StatusCode, path)
	}

	_, body = follow(t, base, "/clinic/", "")
	assert.JSONEq(t, `{"api":"/clinic/api/","docs":"/clinic/docs/","openapi":"/clinic/openapi.yaml"}`, body)
	_, body = follow(t, base, "/clinic/", "", "Accept", "text/html")
	assert.Contains(t, body, `href="/clinic/api/"`)
	assert.Contains(t, body, `href="/clinic/openapi.yaml"`)
	assert.Contains(t, body, `href="/clinic/docs/"`)
	_, body = follow(t, base, "/clinic/openapi.yaml", "")
	spec, err := openapi3.NewLoader().LoadFromData([]byte(body))
	require.NoError(t, err)
	assert.Equal(t, "/clinic/", spec.Servers[0].URL)
}

func TestBrowsersGetTheHomePage(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for accept, want := range map[string]string{
		browser: "text/html; charset=UTF-8", "text/html": "text/html; charset=UTF-8",
		"": "application/json", "*/*": "application/json", "application/json, text/plain, */*": "application/json",
		"application/json, text/html;q=0.9": "application/json", "text/csv": "application/json",
	} {
		for _, path := range []string{"", "/"} {
			got := api.want(200, "GET", path, "", "", "Accept", accept)
			assert.Equal(t, want, got.Header.Get("Content-Type"), accept)
			assert.Contains(t, got.Header.Values("Vary"), "Accept")
		}
	}
	page := string(api.want(200, "GET", "/", "", "", "Accept", browser).body)
	for _, link := range []string{`href="/api/"`, `href="/docs/"`, `href="/openapi.yaml"`} {
		assert.Contains(t, page, link)
	}
	for _, needsMore := range []string{"<script", "<style", "style=", "<img", "http:", "https:"} {
		assert.NotContains(t, page, needsMore, "the Content-Security-Policy allows nothing")
	}
	assert.JSONEq(t, `{"api":"/api/","docs":"/docs/","openapi":"/openapi.yaml"}`, string(api.want(200, "GET", "/", "", "").body))
	assert.Empty(t, api.want(200, "HEAD", "/", "", "", "Accept", browser).body)
	api.want(405, "POST", "/", "", "{}")
	api.want(404, "GET", "/index.html", "", "")
}

func TestServiceEndpointsWorkWithAndWithoutTheTrailingSlash(t *testing.T) {
	api := newAPI(t, stores["memory"](t))
	for _, path := range []string{"/livez", "/readyz", "/openapi.yaml", "/openapi.json", "/docs", "/docs/page.js"} {
		assert.Equal(t, api.want(200, "GET", path, "", "").body, api.want(200, "GET", path+"/", "", "").body)
	}
}
