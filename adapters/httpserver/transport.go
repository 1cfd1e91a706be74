package httpserver

import (
	"net/http"
	"strings"
)

// Transport serves requests in a format of its own. Wrap puts it behind the shared middleware.
type Transport struct {
	// Handler serves the requests. It reports an error with Request.Fail.
	Handler http.Handler
	// Answer answers a request that failed.
	Answer AnswerError
}

// AnswerError answers a request that failed with err in the transport's format. It does
// not log err.
type AnswerError func(w http.ResponseWriter, r *http.Request, err error)

// With returns a transport that serves path and everything below it by inner, and the rest by
// t. path has no trailing slash.
func (t Transport) With(path string, inner Transport) Transport {
	pick := func(r *http.Request) Transport {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
			return inner
		}
		return t
	}
	return Transport{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { pick(r).Handler.ServeHTTP(w, r) }),
		Answer:  func(w http.ResponseWriter, r *http.Request, err error) { pick(r).Answer(w, r, err) },
	}
}
