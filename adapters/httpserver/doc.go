// Package httpserver is what all HTTP transports share, on net/http alone: serving
// and stopping, timeouts, TLS, the client's address, request ids, the request log,
// panics and security headers.
//
// A transport is an http.Handler of its own and a function that answers a request
// with an error. Wrap puts both behind the rest. While the transport works on a
// request, RequestFrom gives it what httpserver knows of the request, and takes
// what only the transport knows: the route, the actor, and the error.
package httpserver
