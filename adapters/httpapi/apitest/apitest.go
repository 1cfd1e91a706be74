// Package apitest checks the answers of a running service against openapi.yaml, for tests
// that call the service over HTTP.
package apitest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Transport returns a transport that reports as an error of t every answer that openapi.yaml
// does not describe, or that lacks a header of all answers.
func Transport(t testing.TB) http.RoundTripper {
	t.Helper()
	registerTexts()
	router, err := operations()
	if err != nil {
		t.Fatal(err)
	}
	return &transport{t: t, router: router}
}

// registerTexts makes the validator read NDJSON and the files of pages as plain text. OpenAPI
// 3.0 cannot describe their contents.
var registerTexts = sync.OnceFunc(func() {
	for _, contentType := range []string{"text/html", "text/css", "text/javascript", "image/png", "application/x-ndjson"} {
		openapi3filter.RegisterBodyDecoder(contentType, openapi3filter.FileBodyDecoder)
	}
})

// operations returns the router that finds the operation of a request in openapi.yaml.
var operations = sync.OnceValues(func() (routers.Router, error) {
	spec, err := contract()
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(spec)
})

type transport struct {
	t      testing.TB
	router routers.Router
}

// RoundTrip implements http.RoundTripper.
func (tr *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err := tr.check(req, resp, body); err != nil {
		tr.t.Errorf("%s %s answered %d, which openapi.yaml does not allow: %v", req.Method, req.URL.Path, resp.StatusCode, err)
	}
	return resp, nil
}

var requestID = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`)

// commonHeaders are headers that every answer has.
var commonHeaders = map[string]string{
	"Cache-Control":                "no-store",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Content-Security-Policy":      "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
}

// docsPolicy is the Content-Security-Policy of the documentation page, in place of the common
// one.
const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (tr *transport) check(req *http.Request, resp *http.Response, body []byte) error {
	for name, want := range commonHeaders {
		if isPage := strings.TrimSuffix(req.URL.Path, "/") == "/docs" && resp.StatusCode == http.StatusOK; isPage && name == "Content-Security-Policy" {
			want = docsPolicy
		}
		if got := resp.Header.Get(name); got != want {
			return fmt.Errorf("%s is %q", name, got)
		}
	}
	if id := resp.Header.Get("X-Request-Id"); !requestID.MatchString(id) {
		return fmt.Errorf("X-Request-Id is %q", id)
	}
	if kind := resp.Header.Get("Content-Type"); resp.StatusCode >= 400 && kind != "application/problem+json" {
		return fmt.Errorf("the Content-Type of an error is %q", kind)
	}
	documented := req.Clone(req.Context())
	documented.URL.RawPath = "" // match the decoded path
	// Paths below /api/ are documented with the trailing slash, others without it.
	if path := strings.TrimSuffix(documented.URL.Path, "/"); strings.HasPrefix(path, "/api") {
		documented.URL.Path = path + "/"
		// openapi.yaml describes the answer to the older ?deleted=true at a path of its own.
		if documented.URL.Query().Get("deleted") == "true" && !strings.HasSuffix(path, "/deleted") {
			documented.URL.Path += "deleted/"
		}
	} else if documented.URL.Opaque == "" {
		documented.URL.Path = cmp.Or(path, "/")
	}
	if documented.Method == http.MethodHead {
		documented.Method = http.MethodGet
	}
	route, params, err := tr.router.FindRoute(documented)
	if err != nil {
		if resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusMethodNotAllowed {
			return fmt.Errorf("operation is not documented: %w", err)
		}
		return nil
	}
	// With the parameter fields an answer lacks members that its schema requires.
	noBody := req.Method == http.MethodHead || asksForFields(req) && resp.StatusCode == http.StatusOK
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: documented, Route: route, PathParams: params},
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Body:                   io.NopCloser(bytes.NewReader(body)),
		Options:                &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: noBody},
	})
}

// asksForFields reports whether a list or a search has the parameter fields.
func asksForFields(req *http.Request) bool {
	if req.URL.Query().Has("fields") {
		return true
	}
	if !strings.HasSuffix(strings.TrimSuffix(req.URL.Path, "/"), "/search") || req.GetBody == nil {
		return false
	}
	body, err := req.GetBody()
	if err != nil {
		return false
	}
	var parameters struct {
		Fields any `json:"fields"`
	}
	return json.NewDecoder(body).Decode(&parameters) == nil && parameters.Fields != nil
}
