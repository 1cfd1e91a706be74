package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// Clinic is the service as a signed-in user sees it. It has the methods of the generated
// client, and iterators over lists. Any number of goroutines can use it.
//
// Each request gets an access token that is valid. When the token is about to expire, one
// goroutine refreshes the session, and the others that need a token wait for it. After the
// end of the session (a day after the sign-in, by default) or its revocation, requests
// fail with a Problem of status 401: sign in again.
//
// A request is sent again when the answer is 429 or 503, after the time in Retry-After, up to
// three times. It is not sent again if the time is above a minute or ends after the deadline
// of the context; then the caller gets the answer. When the context is canceled, the wait
// ends with its error. These requests are sent again:
//
//   - GET, HEAD, PUT, PATCH and DELETE, because doing them twice has the effect of doing them
//     once. If the first DELETE was done after all, the second one is answered with 404.
//   - POST that creates or restores doctors, patients or mappings. Each gets a random
//     Idempotency-Key, unless the caller sets one, so the service does it once. It is also sent
//     again when the connection was lost, and when the service is still doing it (409, with the
//     code idempotency_in_progress).
//   - Any other POST, only if the service did nothing: it answers 429, or 503 with the code busy.
type Clinic struct {
	*ClientWithResponses
	session *session
}

// ErrSignedOut is the error of requests after SignOut.
var ErrSignedOut = errors.New("signed out")

// SignIn signs in at the service at the URL server. The username is the e-mail address. The
// options are those of NewClient; WithHTTPClient sets timeouts, for example.
//
// If the service refuses, the error is a Problem. With the code otp_required, the password
// is right and the account has a second factor: ask for its code, and sign in with OTP set.
func SignIn(ctx context.Context, server string, credentials Credentials, options ...ClientOption) (*Clinic, error) {
	api, err := NewClient(server, options...)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	sender := api.Client
	api.Client = retrier{sender}
	s := &session{signedOut: &ClientWithResponses{api}}
	sent := time.Now()
	answer, err := s.signedOut.LoginWithResponse(ctx, credentials)
	if err != nil {
		return nil, fmt.Errorf("sign in: %w", err)
	}
	if answer.JSON200 == nil {
		return nil, fmt.Errorf("sign in: %w", problemOf(answer.HTTPResponse.StatusCode, answer.Body))
	}
	s.keep(*answer.JSON200, sent)
	signedIn := *api
	signedIn.Client = retrier{&authorizer{s, sender}}
	return &Clinic{&ClientWithResponses{&signedIn}, s}, nil
}

// SignOut revokes the session. Requests after it fail with ErrSignedOut, even if SignOut
// returns an error; the session then ends by itself.
func (c *Clinic) SignOut(ctx context.Context) error {
	answer, err := c.LogoutWithResponse(ctx)
	c.session.end()
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	if status := answer.HTTPResponse.StatusCode; status >= http.StatusMultipleChoices {
		return fmt.Errorf("sign out: %w", problemOf(status, answer.Body))
	}
	return nil
}

// Patients iterates over the patients that params select; nil selects all. It fetches a page
// when the loop gets there, and none after the loop ends. An error ends the iteration.
//
//	for patient, err := range clinic.Patients(ctx, nil) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(patient.Name)
//	}
func (c *Clinic) Patients(ctx context.Context, params *ListPatientsParams) iter.Seq2[Patient, error] {
	return allPages[Patient](func(page RequestEditorFn) (*http.Response, error) { return c.ListPatients(ctx, params, page) })
}

// Doctors iterates over doctors, as Patients does over patients.
func (c *Clinic) Doctors(ctx context.Context, params *ListDoctorsParams) iter.Seq2[Doctor, error] {
	return allPages[Doctor](func(page RequestEditorFn) (*http.Response, error) { return c.ListDoctors(ctx, params, page) })
}

// Mappings iterates over the assignments of doctors to patients, as Patients does over
// patients.
func (c *Clinic) Mappings(ctx context.Context, params *ListMappingsParams) iter.Seq2[Assignment, error] {
	return allPages[Assignment](func(page RequestEditorFn) (*http.Response, error) { return c.ListMappings(ctx, params, page) })
}

// Users iterates over accounts, as Patients does over patients.
func (c *Clinic) Users(ctx context.Context, params *ListUsersParams) iter.Seq2[Account, error] {
	return allPages[Account](func(page RequestEditorFn) (*http.Response, error) { return c.ListUsers(ctx, params, page) })
}

// allPages iterates over the records of all pages. fetch requests the page that the editor
// sets. Only the cursor is taken from the link to the next page: the other parameters are
// those of the first request, and a link to another host cannot get the token.
func allPages[T any](fetch func(RequestEditorFn) (*http.Response, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		for cursor := (*Cursor)(nil); ; {
			records, next, err := readPage[T](fetch(atCursor(cursor))) //nolint:bodyclose // readPage closes it.
			if err != nil {
				yield(zero, err)
				return
			}
			for _, record := range records {
				if !yield(record, nil) {
					return
				}
			}
			if next == nil {
				return
			}
			cursor = next
		}
	}
}

// atCursor returns an editor that requests the page at the cursor. Nil is the page of the
// request's parameters.
func atCursor(cursor *Cursor) RequestEditorFn {
	return func(_ context.Context, request *http.Request) error {
		if cursor != nil {
			query := request.URL.Query()
			query.Set("cursor", *cursor)
			request.URL.RawQuery = query.Encode()
		}
		return nil
	}
}

// readPage returns the records of a page and the cursor of the next one.
func readPage[T any](response *http.Response, err error) ([]T, *Cursor, error) {
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, nil, problemOf(response.StatusCode, body)
	}
	var records []T
	if err := json.Unmarshal(body, &records); err != nil {
		return nil, nil, fmt.Errorf("read a page: %w", err)
	}
	return records, NextPage(response), nil
}

// authorizer sends requests with the access token of a session.
type authorizer struct {
	session *session
	next    HttpRequestDoer
}

// Do implements HttpRequestDoer.
func (a *authorizer) Do(request *http.Request) (*http.Response, error) {
	access, err := a.session.access(request.Context())
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+access)
	return a.next.Do(request)
}

const (
	// refreshMargin is how long before the end of an access token the session is refreshed,
	// so that the token is still valid when a request arrives. Tokens that last less than
	// ten times as long are refreshed after nine tenths of their lifetime.
	refreshMargin = 30 * time.Second
	// refreshTimeout limits a refresh with all its retries.
	refreshTimeout = time.Minute
)

// session keeps the tokens of a session.
type session struct {
	signedOut *ClientWithResponses // sends no token
	refreshes singleflight.Group

	mutex     sync.Mutex
	tokens    Tokens
	refreshAt time.Time
	ended     bool
}

// access returns an access token that is valid.
func (s *session) access(ctx context.Context) (string, error) {
	if access, err := s.current(); access != "" || err != nil {
		return access, err
	}
	// The refresh does not end with ctx: its answer has the only token that continues the
	// session, and other goroutines wait for it.
	refreshed := s.refreshes.DoChan("", func() (any, error) { return s.refresh(context.WithoutCancel(ctx)) })
	select {
	case result := <-refreshed:
		if result.Err != nil {
			return "", result.Err
		}
		return result.Val.(string), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// current returns the access token, or nothing if it is about to expire.
func (s *session) current() (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ended {
		return "", ErrSignedOut
	}
	if time.Now().Before(s.refreshAt) {
		return s.tokens.Access, nil
	}
	return "", nil
}

// refresh spends the refresh token and returns the new access token.
func (s *session) refresh(ctx context.Context) (string, error) {
	if access, err := s.current(); access != "" || err != nil { // Another refresh has just ended.
		return access, err
	}
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	s.mutex.Lock()
	refresh := s.tokens.Refresh
	s.mutex.Unlock()
	sent := time.Now()
	answer, err := s.signedOut.RefreshSessionWithResponse(ctx, RefreshSessionJSONRequestBody{Refresh: refresh})
	if err != nil {
		return "", fmt.Errorf("refresh the session: %w", err)
	}
	if answer.JSON200 == nil {
		return "", fmt.Errorf("refresh the session: %w", problemOf(answer.HTTPResponse.StatusCode, answer.Body))
	}
	s.keep(*answer.JSON200, sent)
	return answer.JSON200.Access, nil
}

// keep keeps the tokens of an answer to a request that was sent at a time.
func (s *session) keep(tokens Tokens, sent time.Time) {
	lifetime := time.Duration(tokens.ExpiresIn) * time.Second
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens = tokens
	// Without its monotonic reading, which stands still while the machine sleeps.
	s.refreshAt = sent.Round(0).Add(lifetime - min(refreshMargin, lifetime/10))
}

// end makes all further requests fail.
func (s *session) end() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.tokens, s.ended = Tokens{}, true
}
