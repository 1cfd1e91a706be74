// Package httpserver contains what all HTTP transports share, on net/http alone: serving
// and stopping, timeouts, TLS, the client's address, request ids, the request log,
// recovery from panics, and security headers.
//
// A transport consists of an http.Handler and a function that answers a request with an
// error. Wrap combines both with the shared middleware. While a transport handles a
// request, RequestFrom returns its Request, which tells the transport where the request
// comes from. The transport reports the route, the actor and the error to it.
package httpserver
