// Package client calls the service over HTTP from Go. client.gen.go is made from
// the service's openapi.yaml by `make generate`; overlay.yaml says what is
// different in Go.
//
//	api, err := client.NewClientWithResponses("https://clinic.example",
//		client.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
//			request.Header.Set("Authorization", "Bearer "+token)
//			return nil
//		}))
//	doctor, err := api.GetDoctorWithResponse(ctx, 7)
//	if err != nil {
//		return err
//	}
//	if doctor.JSON200 == nil {
//		return doctor.ApplicationProblemJSONDefault
//	}
//
// An error that the service answers is in ApplicationProblemJSONDefault, whatever
// its status. NextPage continues a list.
package client

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
)

// Change is what becomes of a member that may be null: To a value, to null with
// Clear, or nothing with the zero Change.
type Change[T any] struct {
	given bool
	value *T
}

// To changes a member to value.
func To[T any](value T) Change[T] { return Change[T]{given: true, value: &value} }

// Clear changes a member to null.
func Clear[T any]() Change[T] { return Change[T]{given: true} }

// IsZero reports whether the member stays as it is.
func (c Change[T]) IsZero() bool { return !c.given }

// MarshalJSON writes the new value or null.
func (c Change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }

// Error is the problem's detail.
func (p *Problem) Error() string {
	if p == nil {
		return "the service answered with something that is no problem document"
	}
	return p.Detail
}

var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// NextPage returns the cursor of the page after the one that response holds,
// and nil when there is none.
func NextPage(response *http.Response) *Cursor {
	link := nextLink.FindStringSubmatch(response.Header.Get("Link"))
	if link == nil {
		return nil
	}
	next, err := url.Parse(link[1])
	if err != nil || !next.Query().Has("cursor") {
		return nil
	}
	cursor := next.Query().Get("cursor")
	return &cursor
}
