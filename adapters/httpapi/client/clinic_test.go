package client_test

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

const refresh = "POST /api/auth/login/refresh/"

func TestManyGoroutinesRefreshTheSessionOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		clinic := service.signIn()
		useAtOnce := func() {
			var users sync.WaitGroup
			for range 20 {
				users.Go(func() {
					me, err := clinic.GetMeWithResponse(t.Context(), nil)
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
		_, err := clinic.GetMeWithResponse(hurried, nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		me, err := clinic.GetMeWithResponse(t.Context(), nil)
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
		_, err := clinic.GetMeWithResponse(t.Context(), nil)
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
		_, err := clinic.GetMeWithResponse(t.Context(), nil)
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

func TestIteratorsFetchThePagesThatTheLoopReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := newService(t)
		doctor, err := service.Doctors.Create(t.Context(), service.Admin(), application.Once{}, domain.DoctorInput{
			Name: domain.Given("Gregory House"), Specialization: domain.Given("Diagnostics"), LicenseNumber: domain.Given("NJ-1"), Salary: domain.Given("1"),
		})
		require.NoError(t, err)
		for n := range 25 {
			patient, err := service.Patients.Create(t.Context(), service.Staff(), application.Once{}, domain.PatientInput{Name: domain.Given("Patient " + strconv.Itoa(n))})
			require.NoError(t, err)
			_, err = service.Mappings.Assign(t.Context(), service.Staff(), application.Once{}, domain.MappingInput{
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
