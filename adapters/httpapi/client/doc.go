// Package client calls the service over HTTP. SignIn returns a Clinic, which refreshes its
// session, waits when the service is busy, and iterates over lists. Everything else is
// generated: `make generate` makes client.gen.go from openapi.yaml, changed by overlay.yaml
// for Go.
//
//	clinic, err := client.SignIn(ctx, "https://clinic.example", client.Credentials{Username: email, Password: password})
//	if err != nil {
//		return err
//	}
//	defer clinic.SignOut(ctx)
//	doctor, err := clinic.GetDoctorWithResponse(ctx, 7, nil)
//	if err != nil {
//		return err
//	}
//	if doctor.JSON200 == nil {
//		return doctor.ApplicationProblemJSONDefault
//	}
//
// To change only what nobody else has changed since, send the ETag back. If the record has
// changed, the status is 412:
//
//	read := doctor.HTTPResponse.Header.Get("ETag")
//	changed, err := clinic.ChangeDoctorWithResponse(ctx, 7, &client.ChangeDoctorParams{IfMatch: &read}, change)
//
// A 412 can also mean that this change was made and its answer was lost: read the record
// again before changing it.
//
// Errors of every status are in ApplicationProblemJSONDefault. For callers that keep tokens
// themselves there is NewClientWithResponses; NextPage returns the cursor of the next page
// of a list.
package client

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
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
	link := nextLink.FindStringSubmatch(strings.Join(response.Header.Values("Link"), ", "))
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
