// Package client calls the service over HTTP. `make generate` generates client.gen.go from
// openapi.yaml, changed by overlay.yaml for Go.
//
//	api, err := client.NewClientWithResponses("https://clinic.example",
//		client.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
//			request.Header.Set("Authorization", "Bearer "+token)
//			return nil
//		}))
//	doctor, err := api.GetDoctorWithResponse(ctx, 7, nil)
//	if err != nil {
//		return err
//	}
//	if doctor.JSON200 == nil {
//		return doctor.ApplicationProblemJSONDefault
//	}
//
// Errors of every status are in ApplicationProblemJSONDefault. NextPage returns the cursor
// of the next page of a list.
package client

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
)

// Change changes a nullable member: To changes it to a value, Clear to null, and the zero
// Change leaves it as it is.
type Change[T any] struct {
	given bool
	value *T
}

// To returns a change to value.
func To[T any](value T) Change[T] { return Change[T]{given: true, value: &value} }

// Clear returns a change to null.
func Clear[T any]() Change[T] { return Change[T]{given: true} }

// IsZero reports whether the change leaves the member as it is.
func (c Change[T]) IsZero() bool { return !c.given }

// MarshalJSON returns the new value, or null.
func (c Change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }

// Error returns the detail.
func (p *Problem) Error() string {
	if p == nil {
		return "the answer is not a problem document"
	}
	return p.Detail
}

var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// NextPage returns the cursor of the page that follows response, or nil if response is the
// last page.
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
