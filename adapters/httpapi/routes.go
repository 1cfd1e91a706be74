package httpapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
)

// route is an operation of openapi.yaml.
type route struct {
	method string
	path   string
	token  tokenRule
	handle endpoint
}

// oldPathsDeprecated is the day since which paths that only the old backend needed are
// deprecated.
var oldPathsDeprecated = time.Date(2026, time.November, 26, 0, 0, 0, 0, time.UTC)

// routes returns the routes of the service.
func routes(s *application.UseCases, ready readiness, options Options) []route {
	patientDoctors := unpagedForOldClients(listByID(readParameters, s.Doctors.ListByPatient, showDoctor))
	all := []route{
		{http.MethodPost, "/api/auth/register/", tokenOptional, registerUser(s.Users)},
		{http.MethodPost, "/api/auth/login/", tokenIgnored, callWithBody(readCredentials, s.Sessions.Login, showGrant)},
		{http.MethodPost, "/api/auth/login/refresh/", tokenIgnored, callWithBody(readRefresh, s.Sessions.Refresh, showGrant)},
		{http.MethodPost, "/api/auth/logout/", tokenRequired, callForActorNoContent(s.Sessions.Logout)},
		{http.MethodGet, "/api/auth/sessions/", tokenRequired, listSessions(s.Sessions)},
		{http.MethodDelete, "/api/auth/sessions/", tokenRequired, callForActorNoContent(s.Sessions.RevokeOthers)},
		{http.MethodDelete, "/api/auth/sessions/:id/", tokenRequired, callByIDNoContent(s.Sessions.Revoke)},

		{http.MethodGet, "/api/auth/me/", tokenRequired, get(s.Account.Me, showMe)},
		{http.MethodPatch, "/api/auth/me/", tokenRequired, change(readProfile, s.Account.ChangeMe, showMe)},
		{http.MethodGet, "/api/auth/permissions/", tokenRequired, callForActor(s.Account.Permissions, showPermissions)},
		{http.MethodPost, "/api/auth/password/", tokenRequired, callWithBodyNoContent(readPasswordChange, s.Account.ChangePassword)},
		{http.MethodGet, "/api/auth/mfa/", tokenRequired, callForActor(s.SecondFactor.Get, showSecondFactor)},
		{http.MethodPost, "/api/auth/mfa/", tokenRequired, create(readPasswordCheck, s.SecondFactor.Enrol, showEnrolment)},
		{http.MethodPost, "/api/auth/mfa/confirm/", tokenRequired, callWithBody(readCodeCheck, s.SecondFactor.Confirm, showRecovery)},
		{http.MethodPost, "/api/auth/mfa/disable/", tokenRequired, callWithBodyNoContent(readPasswordCheck, s.SecondFactor.Disable)},

		{http.MethodGet, "/api/users/", tokenRequired, list(readParameters, s.Users.List, showAccount)},
		{http.MethodPost, "/api/users/", tokenRequired, create(readRegistration, s.Users.Create, showAccount)},
		{http.MethodGet, "/api/users/names/", tokenRequired, listUserNames(s.Users)},
		{http.MethodGet, "/api/users/:id/", tokenRequired, getRecord(s.Users.Get, showAccount)},
		{http.MethodPatch, "/api/users/:id/", tokenRequired, changeByID(readAccountChange, s.Users.Change, showAccount)},
		{http.MethodDelete, "/api/users/:id/", tokenRequired, deleteByID(s.Users.Deactivate)},
		{http.MethodPost, "/api/users/:id/password/", tokenRequired, setPassword(s.Users)},
		{http.MethodGet, "/api/users/:id/sessions/", tokenRequired, listUserSessions(s.Users)},
		{http.MethodDelete, "/api/users/:id/sessions/", tokenRequired, callByIDNoContent(s.Users.RevokeSessions)},

		{http.MethodGet, "/api/doctors/", tokenRequired, listRecords(s.Doctors.List, showDoctor, s.Doctors.ListDeleted, recordfiles.Doctors, s.Store)},
		{http.MethodGet, "/api/doctors/deleted/", tokenRequired, listDeleted(s.Doctors.ListDeleted)},
		{http.MethodPost, "/api/doctors/", tokenRequired, createOnce(readDoctor, s.Doctors.Create, showDoctor)},
		{http.MethodPost, "/api/doctors/bulk/", tokenRequired, createAllOnce(readDoctor, s.Doctors.CreateAll, showDoctor)},
		{http.MethodGet, "/api/doctors/:id/", tokenRequired, getRecord(s.Doctors.Get, showDoctor)},
		{http.MethodPut, "/api/doctors/:id/", tokenRequired, changeByID(readDoctor, s.Doctors.Replace, showDoctor)},
		{http.MethodPatch, "/api/doctors/:id/", tokenRequired, changeByID(readDoctor, s.Doctors.Change, showDoctor)},
		{http.MethodDelete, "/api/doctors/:id/", tokenRequired, deleteByID(s.Doctors.Delete)},
		{http.MethodGet, "/api/doctors/:id/history/", tokenRequired, listByID(readPage, s.Doctors.ListVersions, showVersion)},
		{http.MethodGet, "/api/doctors/:id/history/:version/", tokenRequired, getVersion(s.Doctors.GetVersion)},
		{http.MethodPost, "/api/doctors/:id/restore/", tokenRequired, restoreOnce(s.Doctors.Restore, showDoctor)},
		{http.MethodGet, "/api/doctors/:id/patients/", tokenRequired, unpagedForOldClients(listByID(readParameters, s.Patients.ListByDoctor, showPatient))},

		{http.MethodGet, "/api/patients/", tokenRequired, listRecords(s.Patients.List, showPatient, s.Patients.ListDeleted, recordfiles.Patients, s.Store)},
		{http.MethodGet, "/api/patients/deleted/", tokenRequired, listDeleted(s.Patients.ListDeleted)},
		{http.MethodPost, "/api/patients/search/", tokenRequired, searchPatients(s.Patients)},
		{http.MethodPost, "/api/patients/", tokenRequired, createOnce(readPatient, s.Patients.Create, showPatient)},
		{http.MethodPost, "/api/patients/bulk/", tokenRequired, createAllOnce(readPatient, s.Patients.CreateAll, showPatient)},
		{http.MethodGet, "/api/patients/:id/", tokenRequired, getRecord(s.Patients.Get, showPatient)},
		{http.MethodPut, "/api/patients/:id/", tokenRequired, changeByID(readPatient, s.Patients.Replace, showPatient)},
		{http.MethodPatch, "/api/patients/:id/", tokenRequired, changeByID(readPatient, s.Patients.Change, showPatient)},
		{http.MethodDelete, "/api/patients/:id/", tokenRequired, deleteByID(s.Patients.Delete)},
		{http.MethodGet, "/api/patients/:id/history/", tokenRequired, listByID(readPage, s.Patients.ListVersions, showVersion)},
		{http.MethodGet, "/api/patients/:id/history/:version/", tokenRequired, getVersion(s.Patients.GetVersion)},
		{http.MethodPost, "/api/patients/:id/restore/", tokenRequired, restoreOnce(s.Patients.Restore, showPatient)},
		{http.MethodGet, "/api/patients/:id/doctors/", tokenRequired, patientDoctors},
		{http.MethodGet, "/api/patients/:id/accesses/", tokenRequired, listOrReport(listByID(readAccessQuery, s.Audit.Accesses, showEvent), reportAccesses(s.Audit))},
		{http.MethodGet, "/api/patients/:id/accesses/report/", tokenRequired, reportAccesses(s.Audit)},

		{http.MethodGet, "/api/mappings/", tokenRequired, listRecords(s.Mappings.List, showAssignment, s.Mappings.ListDeleted, recordfiles.Mappings, s.Store)},
		{http.MethodGet, "/api/mappings/deleted/", tokenRequired, listDeleted(s.Mappings.ListDeleted)},
		{http.MethodPost, "/api/mappings/", tokenRequired, createOnce(readMapping, s.Mappings.Assign, showMapping)},
		{http.MethodPost, "/api/mappings/bulk/", tokenRequired, createAllOnce(readMapping, s.Mappings.AssignAll, showMapping)},
		// As in the old backend, GET takes the id of a patient here. The other
		// methods take the id of a mapping.
		{http.MethodGet, "/api/mappings/:id/", tokenRequired, deprecated(oldPathsDeprecated, "/api/patients/:id/doctors/", patientDoctors)},
		{http.MethodPut, "/api/mappings/:id/", tokenRequired, changeByID(readMapping, s.Mappings.Replace, showMapping)},
		{http.MethodPatch, "/api/mappings/:id/", tokenRequired, changeByID(readMapping, s.Mappings.Change, showMapping)},
		{http.MethodDelete, "/api/mappings/:id/", tokenRequired, deleteByID(s.Mappings.Unassign)},
		{http.MethodGet, "/api/mappings/:id/history/", tokenRequired, listByID(readPage, s.Mappings.ListVersions, showVersion)},
		{http.MethodGet, "/api/mappings/:id/history/:version/", tokenRequired, getVersion(s.Mappings.GetVersion)},
		{http.MethodPost, "/api/mappings/:id/restore/", tokenRequired, restoreOnce(s.Mappings.Restore, showMapping)},

		{http.MethodGet, "/api/audit/", tokenRequired, listAudit(s.Audit)},

		{http.MethodGet, "/api/", tokenRequired, handler(index)},
		{http.MethodGet, "/", tokenIgnored, home(options)},
		{http.MethodGet, "/openapi.yaml", tokenIgnored, lenientHandler(sendYAML)},
		{http.MethodGet, "/openapi.json", tokenIgnored, lenientHandler(sendJSON)},
		{http.MethodGet, "/livez", tokenIgnored, lenientHandler(liveness)},
		{http.MethodGet, "/readyz", tokenIgnored, lenientHandler(ready.handle)},
	}
	if !options.NoDocs {
		all = append(
			all,
			route{http.MethodGet, "/docs", tokenIgnored, lenientHandler(sendDocsPage)},
			route{http.MethodGet, "/docs/:file", tokenIgnored, lenientHandler(sendDocsFile)},
		)
	}
	return all
}

// register adds the routes to e, with and without the trailing slash. A route of GET also
// answers HEAD (RFC 9110, 9.1).
func register(e *echo.Echo, auth authenticator, routes []route) {
	for _, r := range routes {
		handle := authenticate(auth, r.token, r.handle)
		for _, path := range echoPaths(r) {
			e.Add(r.method, path, handle)
			if r.method == http.MethodGet {
				e.Add(http.MethodHead, path, handle)
			}
		}
	}
}

// echoPaths returns the paths of the route in Echo, without and with a trailing slash.
func echoPaths(r route) []string {
	path := strings.TrimSuffix(r.path, "/")
	if path == "" {
		return []string{"/"}
	}
	return []string{path, path + "/"}
}
