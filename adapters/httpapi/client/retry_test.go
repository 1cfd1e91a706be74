package client_test

import (
	"context"
	"io"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi/client"
)

func TestRequestsAreRepeatedWhenThatIsSafe(t *testing.T) {
	const me, patients, password = "GET /api/auth/me/", "POST /api/patients/", "POST /api/auth/password/"
	getMe := func(ctx context.Context, clinic *client.Clinic) (int, error) {
		answer, err := clinic.GetMeWithResponse(ctx, nil)
		if err != nil {
			return 0, err
		}
		return answer.HTTPResponse.StatusCode, nil
	}
	addPatient := func(ctx context.Context, clinic *client.Clinic) (int, error) {
		answer, err := clinic.CreatePatientWithResponse(ctx, nil, client.PatientInput{Name: "Ada"})
		if err != nil {
			return 0, err
		}
		return answer.HTTPResponse.StatusCode, nil
	}
	changePassword := func(ctx context.Context, clinic *client.Clinic) (int, error) {
		answer, err := clinic.ChangePasswordWithResponse(ctx, client.PasswordChange{CurrentPassword: clinictest.Password, NewPassword: "kettle-meadow-40-harbor"})
		if err != nil {
			return 0, err
		}
		return answer.HTTPResponse.StatusCode, nil
	}
	busy := refusal{status: 503, code: "busy", retryAfter: "2"}
	unavailable := refusal{status: 503, code: "unavailable", retryAfter: "2"}
	unknown := refusal{status: 503, code: "outcome_unknown", retryAfter: "2"}
	throttled := refusal{status: 429, code: "throttled", retryAfter: "7"}
	for name, tt := range map[string]struct {
		request     string
		send        func(context.Context, *client.Clinic) (int, error)
		refusals    []refusal
		status      int
		tries       int
		least, most time.Duration
	}{
		"a limit":                         {me, getMe, []refusal{throttled}, 200, 2, 7 * time.Second, 8750 * time.Millisecond},
		"a limit of a POST":               {patients, addPatient, []refusal{throttled}, 201, 2, 7 * time.Second, 8750 * time.Millisecond},
		"a service that does not answer":  {me, getMe, []refusal{unavailable}, 200, 2, 2 * time.Second, 2500 * time.Millisecond},
		"a POST that creates a record":    {patients, addPatient, []refusal{unavailable}, 201, 2, 2 * time.Second, 2500 * time.Millisecond},
		"an unknown outcome":              {patients, addPatient, []refusal{unknown, unknown}, 201, 3, 4 * time.Second, 5 * time.Second},
		"a POST in progress":              {patients, addPatient, []refusal{{status: 409, code: "idempotency_in_progress", retryAfter: "1"}}, 201, 2, time.Second, 1250 * time.Millisecond},
		"another conflict":                {patients, addPatient, []refusal{{status: 409, code: "other"}}, 409, 1, 0, 0},
		"another POST to no avail":        {password, changePassword, []refusal{unavailable}, 503, 1, 0, 0},
		"another POST, to a busy service": {password, changePassword, []refusal{busy}, 204, 2, 2 * time.Second, 2500 * time.Millisecond},
		"a POST to a busy service":        {patients, addPatient, []refusal{busy, busy}, 201, 3, 4 * time.Second, 5 * time.Second},
		"no Retry-After":                  {me, getMe, []refusal{{status: 503}, {status: 503}}, 200, 3, 3 * time.Second, 3750 * time.Millisecond},
		"a service that stays busy":       {me, getMe, []refusal{busy, busy, busy, busy}, 503, 4, 6 * time.Second, 7500 * time.Millisecond},
		"a long wait":                     {me, getMe, []refusal{{status: 429, retryAfter: "61"}}, 429, 1, 0, 0},
		"a date":                          {me, getMe, []refusal{{status: 503, retryAfter: "Sat, 01 Jan 2000 00:00:09 GMT"}}, 200, 2, 9 * time.Second, 12 * time.Second},
		"another error":                   {me, getMe, []refusal{{status: 500, retryAfter: "1"}}, 500, 1, 0, 0},
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
		_, err := clinic.GetMeWithResponse(canceled, nil)
		assert.ErrorIs(t, err, context.Canceled)
		assert.Equal(t, 2*time.Second, time.Since(began))

		// The caller gets the reason instead of waiting for the deadline.
		hurried, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began = time.Now()
		answer, err := clinic.GetMeWithResponse(hurried, nil)
		require.NoError(t, err)
		assert.Equal(t, http.StatusTooManyRequests, answer.HTTPResponse.StatusCode)
		assert.Zero(t, time.Since(began))
	})
}

func TestALostAnswerToANewRecordIsAskedForAgain(t *testing.T) {
	const patients = "POST /api/patients/"
	for _, where := range []lost{beforeRequest, beforeAnswer, withinAnswer} {
		t.Run(string(where), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				service := newService(t)
				clinic := service.signIn()
				for n := range 2 { // Each request has a key of its own.
					service.refusals[patients] = []refusal{{lost: where}, {lost: where}}
					answer, err := clinic.CreatePatientWithResponse(t.Context(), nil, client.PatientInput{Name: "Ada"})
					require.NoError(t, err)
					require.NotNil(t, answer.JSON201, "%s", answer.Body)
					page, err := service.Patients.List(t.Context(), service.Staff(), nil)
					require.NoError(t, err)
					require.Len(t, page.Items, n+1)
				}
				assert.Equal(t, 6, service.requests[patients])
			})
		})
	}
}

func TestLostConnectionsThatAreNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		service.refusals["POST /api/auth/password/"] = []refusal{{lost: beforeRequest}}
		_, err := clinic.ChangePasswordWithResponse(t.Context(), client.PasswordChange{CurrentPassword: clinictest.Password, NewPassword: "kettle-meadow-40-harbor"})
		assert.ErrorIs(t, err, syscall.ECONNREFUSED)

		service.refusals["POST /api/patients/"] = []refusal{{lost: beforeAnswer, after: 2 * time.Second}}
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = clinic.CreatePatientWithResponse(hurried, nil, client.PatientInput{Name: "Ada"})
		assert.ErrorIs(t, err, io.EOF)
		assert.Equal(t, 1, service.requests["POST /api/patients/"])
	})
}

// A caller that repeats a request later, in another process perhaps, needs a key of its own.
func TestTheCallersKeyIsSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		key := "2f6d0b1c"
		for range 2 {
			answer, err := clinic.CreatePatientWithResponse(t.Context(), &client.CreatePatientParams{IdempotencyKey: &key}, client.PatientInput{Name: "Ada"})
			require.NoError(t, err)
			require.NotNil(t, answer.JSON201, "%s", answer.Body)
			assert.EqualValues(t, 1, answer.JSON201.ID)
		}
	})
}
