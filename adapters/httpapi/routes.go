package httpapi

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
)

// route is one operation of openapi.yaml.
type route struct {
	method string
	path   string
	access access
	handle endpoint
}

// routes is every route there is.
func routes(s *application.UseCases, ready readiness) []route {
	return []route{
		{http.MethodPost, "/api/auth/register/", maybeSignedIn, signUp(s.Users)},
		{http.MethodPost, "/api/auth/login/", anonymous, submit(readCredentials, s.Sessions.Login, showGrant)},
		{http.MethodPost, "/api/auth/login/refresh/", anonymous, submit(readRefresh, s.Sessions.Refresh, showGrant)},
		{http.MethodPost, "/api/auth/logout/", signedIn, perform(s.Sessions.Logout)},
		{http.MethodGet, "/api/auth/sessions/", signedIn, listSessions(s.Sessions)},
		{http.MethodDelete, "/api/auth/sessions/", signedIn, perform(s.Sessions.RevokeOthers)},
		{http.MethodDelete, "/api/auth/sessions/:id/", signedIn, remove(s.Sessions.Revoke)},

		{http.MethodGet, "/api/auth/me/", signedIn, getOwn(s.Account.Me, showUser)},
		{http.MethodPatch, "/api/auth/me/", signedIn, submit(readProfile, s.Account.ChangeMe, showUser)},
		{http.MethodGet, "/api/auth/permissions/", signedIn, getOwn(s.Account.Permissions, showPermissions)},
		{http.MethodPost, "/api/auth/password/", signedIn, accept(readPasswordChange, s.Account.ChangePassword)},
		{http.MethodGet, "/api/auth/mfa/", signedIn, getOwn(s.SecondFactor.Get, showSecondFactor)},
		{http.MethodPost, "/api/auth/mfa/", signedIn, create(readPasswordCheck, s.SecondFactor.Enrol, showEnrolment)},
		{http.MethodPost, "/api/auth/mfa/confirm/", signedIn, submit(readCodeCheck, s.SecondFactor.Confirm, showRecovery)},
		{http.MethodPost, "/api/auth/mfa/disable/", signedIn, accept(readPasswordCheck, s.SecondFactor.Disable)},

		{http.MethodGet, "/api/users/", signedIn, list(readUserQuery, s.Users.List, showAccount)},
		{http.MethodPost, "/api/users/", signedIn, create(readRegistration, s.Users.Create, showAccount)},
		{http.MethodGet, "/api/users/:id/", signedIn, get(s.Users.Get, showAccount)},
		{http.MethodPatch, "/api/users/:id/", signedIn, change(readAccountChange, s.Users.Change, showAccount)},
		{http.MethodDelete, "/api/users/:id/", signedIn, remove(s.Users.Deactivate)},
		{http.MethodPost, "/api/users/:id/password/", signedIn, acceptFor(readNewPassword, s.Users.SetPassword)},
		{http.MethodDelete, "/api/users/:id/sessions/", signedIn, remove(s.Users.RevokeSessions)},

		{http.MethodGet, "/api/doctors/", signedIn, listOrDeleted(whole(list(readPage, s.Doctors.List, showDoctor)), list(readPage, s.Doctors.ListDeleted, showDeleted))},
		{http.MethodPost, "/api/doctors/", signedIn, create(readDoctor, s.Doctors.Create, showDoctor)},
		{http.MethodGet, "/api/doctors/:id/", signedIn, get(s.Doctors.Get, showDoctor)},
		{http.MethodPut, "/api/doctors/:id/", signedIn, change(readDoctor, s.Doctors.Replace, showDoctor)},
		{http.MethodPatch, "/api/doctors/:id/", signedIn, change(readDoctor, s.Doctors.Change, showDoctor)},
		{http.MethodDelete, "/api/doctors/:id/", signedIn, remove(s.Doctors.Delete)},
		{http.MethodGet, "/api/doctors/:id/history/", signedIn, listOf(readPage, s.Doctors.ListVersions, showVersion)},
		{http.MethodGet, "/api/doctors/:id/history/:version/", signedIn, getVersion(s.Doctors.GetVersion)},
		{http.MethodPost, "/api/doctors/:id/restore/", signedIn, get(s.Doctors.Restore, showDoctor)},
		{http.MethodGet, "/api/doctors/:id/patients/", signedIn, whole(listOf(readPage, s.Patients.ListByDoctor, showPatient))},

		{http.MethodGet, "/api/patients/", signedIn, listOrDeleted(whole(list(readPage, s.Patients.List, showPatient)), list(readPage, s.Patients.ListDeleted, showDeleted))},
		{http.MethodPost, "/api/patients/", signedIn, create(readPatient, s.Patients.Create, showPatient)},
		{http.MethodGet, "/api/patients/:id/", signedIn, get(s.Patients.Get, showPatient)},
		{http.MethodPut, "/api/patients/:id/", signedIn, change(readPatient, s.Patients.Replace, showPatient)},
		{http.MethodPatch, "/api/patients/:id/", signedIn, change(readPatient, s.Patients.Change, showPatient)},
		{http.MethodDelete, "/api/patients/:id/", signedIn, remove(s.Patients.Delete)},
		{http.MethodGet, "/api/patients/:id/history/", signedIn, listOf(readPage, s.Patients.ListVersions, showVersion)},
		{http.MethodGet, "/api/patients/:id/history/:version/", signedIn, getVersion(s.Patients.GetVersion)},
		{http.MethodPost, "/api/patients/:id/restore/", signedIn, get(s.Patients.Restore, showPatient)},
		{http.MethodGet, "/api/patients/:id/doctors/", signedIn, whole(listOf(readPage, s.Doctors.ListByPatient, showDoctor))},
		{http.MethodGet, "/api/patients/:id/accesses/", signedIn, orReport(listOf(readAccessQuery, s.Audit.Accesses, showEvent), reportAccesses(s.Audit))},
		{http.MethodGet, "/api/patients/:id/accesses/report/", signedIn, reportAccesses(s.Audit)},

		{http.MethodGet, "/api/mappings/", signedIn, listOrDeleted(whole(list(readMappingQuery, s.Mappings.List, showAssignment)), list(readPage, s.Mappings.ListDeleted, showDeleted))},
		{http.MethodPost, "/api/mappings/", signedIn, create(readMapping, s.Mappings.Assign, showMapping)},
		// As the old backend had it, GET takes the id of a patient here, and the
		// other methods that of a mapping.
		{http.MethodGet, "/api/mappings/:id/", signedIn, whole(listOf(readPage, s.Doctors.ListByPatient, showDoctor))},
		{http.MethodPut, "/api/mappings/:id/", signedIn, change(readMapping, s.Mappings.Replace, showMapping)},
		{http.MethodPatch, "/api/mappings/:id/", signedIn, change(readMapping, s.Mappings.Change, showMapping)},
		{http.MethodDelete, "/api/mappings/:id/", signedIn, remove(s.Mappings.Unassign)},
		{http.MethodGet, "/api/mappings/:id/history/", signedIn, listOf(readPage, s.Mappings.ListVersions, showVersion)},
		{http.MethodGet, "/api/mappings/:id/history/:version/", signedIn, getVersion(s.Mappings.GetVersion)},
		{http.MethodPost, "/api/mappings/:id/restore/", signedIn, get(s.Mappings.Restore, showMapping)},

		{http.MethodGet, "/api/audit/", signedIn, listAudit(s.Audit)},

		{http.MethodGet, "/api/", signedIn, handler(index)},
		{http.MethodGet, "/", anonymous, machinery(home)},
		{http.MethodGet, "/openapi.yaml", anonymous, machinery(spec)},
		{http.MethodGet, "/livez", anonymous, machinery(live)},
		{http.MethodGet, "/readyz", anonymous, machinery(ready.handle)},
	}
}

// register adds the routes to e, with and without the trailing slash, and
// answers HEAD wherever GET is answered (RFC 9110, 9.1).
func register(e *echo.Echo, auth authenticator, routes []route) {
	for _, r := range routes {
		bare := strings.TrimSuffix(r.path, "/")
		for _, path := range []string{bare, bare + "/"} {
			handle := withActor(auth, r.access, r.handle)
			e.Add(r.method, path, handle)
			if r.method == http.MethodGet {
				e.Add(http.MethodHead, path, handle)
			}
		}
	}
}
