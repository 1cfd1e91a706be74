// Package httpapi serves the use-cases over HTTP as openapi.yaml describes them.
//
// Each request takes the same steps: httpserver identifies it and limits its time;
// routes.go maps its path to a handler; access.go turns the bearer token into an actor; the
// handler, in handlers.go, decodes the input, calls the use-case and shows its result.
// errors.go turns every error into an answer with a status.
package httpapi
