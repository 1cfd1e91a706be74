package client_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
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
}

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

const refresh = "POST /api/auth/login/refresh/"

func TestManyGoroutinesRefreshTheSessionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		useAtOnce := func() {
			var users sync.WaitGroup
			for range 20 {
				users.Go(func() {
					me, err := clinic.GetMeWithResponse(t.Context())
					assert.NoError(t, err)
					assert.NotNil(t, me.JSON200, "%s", me.Body)
				})
			}
			users.Wait()
		}
		time.Sleep(14*time.Minute + 29*time.Second)
		useAtOnce()
		assert.Zero(t, service.requests[refresh], "the token is valid for another 31 seconds")
		time.Sleep(2 * time.Second)
		useAtOnce()
		assert.Equal(t, 1, service.requests[refresh])
		time.Sleep(2 * time.Hour)
		useAtOnce()
		assert.Equal(t, 2, service.requests[refresh])
	})
}

func TestARefreshSurvivesTheCallerThatBeganIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		service.refusals[refresh] = []refusal{{after: 5 * time.Second}}
		time.Sleep(time.Hour)
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := clinic.GetMeWithResponse(hurried)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		me, err := clinic.GetMeWithResponse(t.Context())
		require.NoError(t, err)
		assert.NotNil(t, me.JSON200, "%s", me.Body)
		assert.Equal(t, 1, service.requests[refresh])
	})
}

func TestARevokedSessionIsAProblem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		require.NoError(t, service.Users.RevokeSessions(t.Context(), service.Admin(), service.Staff().UserID))
		time.Sleep(time.Hour)
		_, err := clinic.GetMeWithResponse(t.Context())
		var problem *client.Problem
		require.ErrorAs(t, err, &problem)
		assert.Equal(t, http.StatusUnauthorized, problem.Status)
	})
}

func TestSignOutRevokesTheSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		require.NoError(t, clinic.SignOut(t.Context()))
		assert.Equal(t, domain.SessionRevokeSelf, service.LastEvent().Action)
		_, err := clinic.GetMeWithResponse(t.Context())
		assert.ErrorIs(t, err, client.ErrSignedOut)
		assert.Zero(t, service.requests["GET /api/auth/me/"])
	})
}

func TestASecondFactorNeedsItsCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		recovery := service.enrol(service.Staff())
		credentials := client.Credentials{Username: "staff@clinic.example", Password: clinictest.Password}
		_, err := client.SignIn(t.Context(), "http://clinic.example", credentials, client.WithHTTPClient(service))
		var problem *client.Problem
		require.ErrorAs(t, err, &problem)
		assert.Equal(t, "otp_required", problem.Code)
		credentials.OTP = &recovery
		clinic, err := client.SignIn(t.Context(), "http://clinic.example", credentials, client.WithHTTPClient(service))
		require.NoError(t, err)
		require.NoError(t, clinic.SignOut(t.Context()))
	})
}

func TestRequestsAreRepeatedWhenThatIsSafe(t *testing.T) {
	const me, patients = "GET /api/auth/me/", "POST /api/patients/"
	getMe := func(ctx context.Context, clinic *client.Clinic) (int, error) {
		answer, err := clinic.GetMeWithResponse(ctx)
		if err != nil {
			return 0, err
		}
		return answer.HTTPResponse.StatusCode, nil
	}
	addPatient := func(ctx context.Context, clinic *client.Clinic) (int, error) {
		answer, err := clinic.CreatePatientWithResponse(ctx, client.PatientInput{Name: "Ada"})
		if err != nil {
			return 0, err
		}
		return answer.HTTPResponse.StatusCode, nil
	}
	busy := refusal{status: 503, code: "busy", retryAfter: "2"}
	unavailable := refusal{status: 503, code: "unavailable", retryAfter: "2"}
	throttled := refusal{status: 429, code: "throttled", retryAfter: "7"}
	for name, tt := range map[string]struct {
		request     string
		send        func(context.Context, *client.Clinic) (int, error)
		refusals    []refusal
		status      int
		tries       int
		least, most time.Duration
	}{
		"a limit":                        {me, getMe, []refusal{throttled}, 200, 2, 7 * time.Second, 8750 * time.Millisecond},
		"a limit of a POST":              {patients, addPatient, []refusal{throttled}, 201, 2, 7 * time.Second, 8750 * time.Millisecond},
		"a service that does not answer": {me, getMe, []refusal{unavailable}, 200, 2, 2 * time.Second, 2500 * time.Millisecond},
		"a POST that may have been done": {patients, addPatient, []refusal{unavailable}, 503, 1, 0, 0},
		"a POST to a busy service":       {patients, addPatient, []refusal{busy, busy}, 201, 3, 4 * time.Second, 5 * time.Second},
		"no Retry-After":                 {me, getMe, []refusal{{status: 503}, {status: 503}}, 200, 3, 3 * time.Second, 3750 * time.Millisecond},
		"a service that stays busy":      {me, getMe, []refusal{busy, busy, busy, busy}, 503, 4, 6 * time.Second, 7500 * time.Millisecond},
		"a long wait":                    {me, getMe, []refusal{{status: 429, retryAfter: "61"}}, 429, 1, 0, 0},
		"a date":                         {me, getMe, []refusal{{status: 503, retryAfter: "Sat, 01 Jan 2000 00:00:09 GMT"}}, 200, 2, 9 * time.Second, 12 * time.Second},
		"another error":                  {me, getMe, []refusal{{status: 500, retryAfter: "1"}}, 500, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newService(t)
				clinic := service.signIn()
				service.refusals[tt.request] = tt.refusals
				began := time.Now()
				status, err := tt.send(t.Context(), clinic)
				require.NoError(t, err)
				assert.Equal(t, tt.status, status)
				assert.Equal(t, tt.tries, service.requests[tt.request])
				assert.GreaterOrEqual(t, time.Since(began), tt.least)
				assert.LessOrEqual(t, time.Since(began), tt.most)
			})
		})
	}
}

func TestTheContextLimitsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		service.refusals["GET /api/auth/me/"] = []refusal{{status: 429, retryAfter: "7"}, {status: 429, retryAfter: "7"}}
		canceled, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		began := time.Now()
		_, err := clinic.GetMeWithResponse(canceled)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 2*time.Second, time.Since(began))

		// The caller gets the reason instead of waiting for the deadline.
		hurried, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began = time.Now()
		answer, err := clinic.GetMeWithResponse(hurried)
		require.NoError(t, err)
		assert.Equal(t, http.StatusTooManyRequests, answer.HTTPResponse.StatusCode)
		assert.Zero(t, time.Since(began))
	})
}

func TestIteratorsFetchThePagesThatTheLoopReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		doctor, err := service.Doctors.Create(t.Context(), service.Admin(), domain.DoctorInput{
			Name: domain.Given("Gregory House"), Specialization: domain.Given("Diagnostics"), LicenseNumber: domain.Given("NJ-1"), Salary: domain.Given("1"),
		})
		require.NoError(t, err)
		for n := range 25 {
			patient, err := service.Patients.Create(t.Context(), service.Staff(), domain.PatientInput{Name: domain.Given("Patient " + strconv.Itoa(n))})
			require.NoError(t, err)
			_, err = service.Mappings.Assign(t.Context(), service.Staff(), domain.MappingInput{
				Patient: domain.Given(patient.ID.String()), Doctor: domain.Given(doctor.ID.String()),
			})
			require.NoError(t, err)
		}
		clinic := service.signIn()
		const list = "GET /api/patients/"
		limit := 10
		params := &client.ListPatientsParams{Limit: &limit}
		read := 0
		for patient, err := range clinic.Patients(t.Context(), params) {
			require.NoError(t, err)
			assert.Equal(t, "Patient "+strconv.Itoa(read), patient.Name)
			if read++; read == 10 {
				break
			}
		}
		assert.Equal(t, 1, service.requests[list], "the loop ends with the first page")
		assert.Nil(t, params.Cursor)
		read = 0
		for _, err := range clinic.Patients(t.Context(), params) {
			require.NoError(t, err)
			read++
		}
		assert.Equal(t, 25, read)
		assert.Equal(t, 4, service.requests[list], "three more pages")

		id := int64(7)
		for mapping, err := range clinic.Mappings(t.Context(), &client.ListMappingsParams{PatientID: &id}) {
			require.NoError(t, err)
			assert.Equal(t, "Patient 6", mapping.Patient.Name)
		}
		for doctor, err := range clinic.Doctors(t.Context(), nil) {
			require.NoError(t, err)
			assert.Equal(t, "Gregory House", doctor.Name)
		}
		for _, err := range clinic.Users(t.Context(), nil) {
			var problem *client.Problem
			require.ErrorAs(t, err, &problem)
			assert.Equal(t, http.StatusForbidden, problem.Status, "Staff cannot list users")
		}
	})
}
