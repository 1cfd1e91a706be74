package console_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/domain"
)

// visitor is who asks for a page.
type visitor string

const (
	signedOut visitor = "signed out"
	clerk     visitor = "Staff"
	boss      visitor = "Admin"
	away      visitor = "locked"
	// newcomer still has a temporary password.
	newcomer visitor = "with a temporary password"
)

var visitors = []visitor{away, signedOut, newcomer, clerk, boss}

// outcome is what a visitor gets.
type outcome string

const (
	// done is the page, or for a form any answer that is no refusal: a blank form is often bad.
	done outcome = "done"
	// forbidden is 403.
	forbidden outcome = "forbidden"
	// toSignIn is 401 with the form that signs in.
	toSignIn outcome = "to sign in"
	// toUnlock is 401 with the form that unlocks.
	toUnlock outcome = "to unlock"
	// toDuty is a redirect to the form that changes the temporary password.
	toDuty outcome = "to the duty"
)

// access is what each visitor gets from a route.
type access map[visitor]outcome

var (
	// forStaff is for all who have signed in.
	forStaff = access{signedOut: toSignIn, clerk: done, boss: done, away: toUnlock, newcomer: toDuty}
	// forAdmins is for administrators.
	forAdmins = access{signedOut: toSignIn, clerk: forbidden, boss: done, away: toUnlock, newcomer: toDuty}
)

// but returns the access with another outcome for one visitor.
func (a access) but(who visitor, gets outcome) access {
	other := maps.Clone(a)
	other[who] = gets
	return other
}

// accessByRoute has a line for every route of the console. Write the line of a new route by
// hand: it says who should get in, whatever the code does.
var accessByRoute = map[string]access{
	"GET sign-in/":   forStaff.but(signedOut, done),
	"POST sign-in/":  {signedOut: done, clerk: done, boss: done, away: done, newcomer: done},
	"POST sign-out/": {signedOut: toSignIn, clerk: done, boss: done, away: done, newcomer: done},
	"POST unlock/":   {signedOut: toSignIn, clerk: done, boss: done, away: done, newcomer: done},
	"POST active/":   forStaff,

	"GET ":  forStaff,
	"POST ": forStaff,

	"GET overview/": forStaff,

	"GET patients/":                                    forStaff,
	"POST patients/":                                   forStaff,
	"GET patients/add/":                                forStaff,
	"POST patients/add/":                               forStaff,
	"GET patients/{id}/":                               forStaff,
	"GET patients/{id}/edit/":                          forStaff,
	"POST patients/{id}/edit/":                         forStaff,
	"GET patients/{id}/delete/":                        forStaff,
	"POST patients/{id}/delete/":                       forStaff,
	"POST patients/{id}/restore/":                      forStaff,
	"GET patients/{id}/history/":                       forStaff,
	"GET patients/{id}/history/{version}/":             forStaff,
	"GET patients/{id}/assignments/":                   forStaff,
	"POST patients/{id}/assignments/":                  forStaff,
	"POST patients/{id}/assignments/{assignment}/end/": forStaff,

	"GET patients/{id}/accesses/":        forAdmins,
	"POST patients/{id}/accesses/":       forAdmins,
	"GET patients/{id}/accesses/report/": forAdmins,

	"GET deleted/":             forAdmins,
	"GET deleted/doctors/":     forAdmins,
	"GET deleted/assignments/": forAdmins,

	"GET assignments/{id}/history/":           forStaff,
	"GET assignments/{id}/history/{version}/": forStaff,
	"POST assignments/{id}/restore/":          forStaff,

	"GET doctors/":                        forStaff,
	"POST doctors/":                       forStaff,
	"POST doctors/names/":                 forStaff,
	"GET doctors/add/":                    forAdmins,
	"POST doctors/add/":                   forAdmins,
	"GET doctors/{id}/edit/":              forAdmins,
	"POST doctors/{id}/edit/":             forAdmins,
	"GET doctors/{id}/delete/":            forAdmins,
	"POST doctors/{id}/delete/":           forAdmins,
	"GET doctors/{id}/":                   forStaff,
	"GET doctors/{id}/patients/":          forStaff,
	"GET doctors/{id}/history/":           forStaff,
	"GET doctors/{id}/history/{version}/": forStaff,
	"POST doctors/{id}/restore/":          forAdmins,

	"GET account/":                        forStaff,
	"POST account/":                       forStaff,
	"GET account/sessions/":               forStaff,
	"POST account/sessions/{id}/end/":     forStaff,
	"POST account/sessions/end-others/":   forStaff,
	"POST account/shortcut/":              forStaff,
	"GET account/password/":               forStaff.but(newcomer, done),
	"POST account/password/":              forStaff.but(newcomer, done),
	"GET account/second-factor/":          forStaff,
	"POST account/second-factor/":         forStaff,
	"GET account/second-factor/confirm/":  forStaff,
	"POST account/second-factor/confirm/": forStaff,
	"GET account/second-factor/disable/":  forStaff,
	"POST account/second-factor/disable/": forStaff,

	"GET users/":                  forAdmins,
	"POST users/":                 forAdmins,
	"GET users/add/":              forAdmins,
	"POST users/add/":             forAdmins,
	"GET users/{id}/":             forAdmins,
	"GET users/{id}/edit/":        forAdmins,
	"POST users/{id}/edit/":       forAdmins,
	"POST users/{id}/activate/":   forAdmins,
	"GET users/{id}/deactivate/":  forAdmins,
	"POST users/{id}/deactivate/": forAdmins,
	"GET users/{id}/password/":    forAdmins,
	"POST users/{id}/password/":   forAdmins,
	"GET users/{id}/sessions/":    forAdmins,
	"GET users/{id}/sign-out/":    forAdmins,
	"POST users/{id}/sign-out/":   forAdmins,

	"GET audit/":         forAdmins,
	"POST audit/":        forAdmins,
	"POST audit/export/": forAdmins,
}

func TestEachVisitorGetsOnlyTheirPages(t *testing.T) {
	routes := console.RouteNames()
	for _, route := range routes {
		if _, found := accessByRoute[route]; !found {
			t.Errorf("accessByRoute has no line for %q", route)
		}
	}
	for route := range accessByRoute {
		if !slices.Contains(routes, route) {
			t.Errorf("accessByRoute has a line for %q, which is no route", route)
		}
	}
	for _, route := range routes {
		t.Run(route, func(t *testing.T) {
			f := newDesk(t).furnish()
			for _, who := range visitors { // Those who are refused come first.
				f.check(t, f.arrive(who), who, route)
			}
		})
	}
}

// check checks what a visitor gets from a route.
func (f furnished) check(t *testing.T, b *browser, who visitor, route string) {
	t.Helper()
	before := f.changes()
	got := b.visit(f, route)
	switch accessByRoute[route][who] {
	case done:
		assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed}, got.StatusCode, who)
		assert.Less(t, got.StatusCode, http.StatusInternalServerError, f.faults())
		if got.Request.Method == http.MethodGet && len(got.redirects) == 0 {
			assert.Equal(t, http.StatusOK, got.StatusCode, who)
		}
		return
	case forbidden:
		assert.Equal(t, http.StatusForbidden, got.StatusCode, who)
	case toSignIn:
		assert.Equal(t, http.StatusUnauthorized, got.StatusCode, who)
		assert.Contains(t, got.form("/console/sign-in/"), "username", who)
	case toUnlock:
		assert.Equal(t, http.StatusUnauthorized, got.StatusCode, who)
		assert.Contains(t, got.form("/console/unlock/"), "password", who)
	case toDuty:
		assert.Equal(t, "/console/account/password/", got.path(), who)
	default:
		t.Fatalf("no line says what %q gets from %s", who, route)
	}
	assert.Equal(t, before, f.changes(), "a refused form changes nothing")
}

// arrive returns the browser of a visitor.
func (f furnished) arrive(who visitor) *browser {
	f.t.Helper()
	switch who {
	case clerk:
		return f.signedIn("clerk@clinic.example", domain.Staff)
	case boss:
		return f.signedIn("boss@clinic.example", domain.Admin)
	case away:
		b := f.signedIn("away@clinic.example", domain.Admin)
		f.Advance(console.DefaultIdle + 1)
		return b
	case newcomer:
		_, err := f.Users.Create(f.t.Context(), f.Admin(), domain.Registration{
			Email: domain.Given("new@clinic.example"), Password: domain.Given(clinictest.Password), Role: domain.Given(string(domain.Staff)),
		})
		require.NoError(f.t, err)
		b := f.browser()
		b.signIn("new@clinic.example")
		return b
	case signedOut:
	}
	return f.browser()
}
