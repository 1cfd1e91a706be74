package client_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// newHandler returns a clinic and the handler of its API.
func newHandler(t clinictest.T) (*clinictest.Clinic, http.Handler) {
	clinic := clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Clock = ports.SystemClock })
	clinic.Admin()
	clinic.Staff()
	return clinic, httpapi.NewHandler(clinic.UseCases, clinic.Ports.Store, httpapi.Options{}, slog.New(slog.DiscardHandler))
}

// service is the API of a clinic without a network, so that its time can be that of a
// synctest bubble.
type service struct {
	*clinictest.Clinic
	t       *testing.T
	handler http.Handler

	mutex sync.Mutex
	// refusals are the next answers to each request, such as "GET /api/auth/me/", before the
	// handler gets it.
	refusals map[string][]refusal
	requests map[string]int
}

// refusal is an answer that the service gives after a while.
type refusal struct {
	status     int
	code       string
	retryAfter string
	after      time.Duration
	// lost, if set, is where the connection is lost instead of an answer.
	lost lost
}

type lost string

const (
	beforeRequest lost = "before the request arrived"
	beforeAnswer  lost = "before the answer arrived"
	withinAnswer  lost = "within the answer"
)

func newService(t *testing.T) *service {
	t.Helper()
	clinic, handler := newHandler(t)
	return &service{Clinic: clinic, t: t, handler: handler, refusals: map[string][]refusal{}, requests: map[string]int{}}
}

// Do implements client.HttpRequestDoer.
func (s *service) Do(req *http.Request) (*http.Response, error) {
	name := req.Method + " " + req.URL.Path
	s.mutex.Lock()
	s.requests[name]++
	var first []refusal
	if planned := s.refusals[name]; len(planned) > 0 {
		first, s.refusals[name] = planned[:1], planned[1:]
	}
	s.mutex.Unlock()
	recorder := httptest.NewRecorder()
	for _, refused := range first {
		time.Sleep(refused.after) // in the bubble
		if refused.lost != "" {
			return s.lose(refused.lost, req)
		}
		if refused.status != 0 {
			if req.Body != nil {
				_, _ = io.Copy(io.Discard, req.Body)
			}
			if refused.retryAfter != "" {
				recorder.Header().Set("Retry-After", refused.retryAfter)
			}
			recorder.WriteHeader(refused.status)
			_, _ = recorder.WriteString(`{"status":` + strconv.Itoa(refused.status) + `,"code":"` + refused.code + `"}`)
			return recorder.Result(), nil
		}
	}
	served := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), req.Body)
	served.Header = req.Header
	s.handler.ServeHTTP(recorder, served)
	return recorder.Result(), nil
}

// lose loses the connection of a request.
func (s *service) lose(where lost, req *http.Request) (*http.Response, error) {
	if where == beforeRequest {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	recorder := httptest.NewRecorder()
	served := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), req.Body)
	served.Header = req.Header
	s.handler.ServeHTTP(recorder, served)
	if where == beforeAnswer {
		return nil, &url.Error{Op: "Post", URL: req.URL.String(), Err: io.EOF}
	}
	answer := recorder.Result()
	answer.Body = io.NopCloser(io.MultiReader(io.LimitReader(answer.Body, 10), iotest.ErrReader(io.ErrUnexpectedEOF)))
	return answer, nil
}

// signIn signs in as a member of the staff.
func (s *service) signIn() *client.Clinic {
	s.t.Helper()
	clinic, err := client.SignIn(s.t.Context(), "http://clinic.example", client.Credentials{Username: "staff@clinic.example", Password: clinictest.Password}, client.WithHTTPClient(s))
	require.NoError(s.t, err)
	return clinic
}

// enrol adds a second factor to the actor's account and returns a recovery code.
func (s *service) enrol(actor domain.Actor) string {
	s.t.Helper()
	enrolment, err := s.SecondFactor.Enrol(s.t.Context(), actor, domain.PasswordCheck{Password: domain.Given(clinictest.Password)})
	require.NoError(s.t, err)
	key, err := otp.NewKeyFromURL(enrolment.URI.Reveal())
	require.NoError(s.t, err)
	code, err := totp.GenerateCode(key.Secret(), time.Now())
	require.NoError(s.t, err)
	recovery, err := s.SecondFactor.Confirm(s.t.Context(), actor, domain.CodeCheck{Code: domain.Given(code)})
	require.NoError(s.t, err)
	return recovery[0].Reveal()
}
