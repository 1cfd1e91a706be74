// Package httpapi serves the use-cases over HTTP as openapi.yaml describes them.
//
// A request goes one way: httpserver identifies it and limits its time, routes.go
// names the route, access.go turns the bearer token into an actor, a handler of
// handlers.go reads the input, calls the use-case and shows its result, and
// errors.go is the one place where a failure gets its status.
package httpapi
