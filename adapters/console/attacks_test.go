package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/domain"
)

// routesOf returns the routes with a method.
func routesOf(method string) (routes []string) {
	for _, route := range console.RouteNames() {
		if strings.HasPrefix(route, method+" ") {
			routes = append(routes, route)
		}
	}
	return routes
}

func TestNoFormIsTakenFromAnotherSite(t *testing.T) {
	f := newDesk(t).furnish()
	b := f.arrive(boss)
	events := len(f.Events())
	for _, route := range routesOf(http.MethodPost) {
		for _, header := range [][2]string{
			{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
		} {
			b.header.Set(header[0], header[1])
			assert.Equal(t, http.StatusForbidden, b.visit(f, route).StatusCode, "%s with %s", route, header)
			b.header.Del(header[0])
		}
	}
	assert.Len(t, f.Events(), events, "nothing was tried")
	b.header.Set("Sec-Fetch-Site", "same-origin")
	assert.Less(t, b.post("/console/active/", url.Values{}).StatusCode, 400)
}

func TestNoPageCanBeFramedOrRunForeignScripts(t *testing.T) {
	f := newDesk(t).furnish()
	for _, who := range []visitor{away, signedOut, newcomer, clerk, boss} {
		b := f.arrive(who)
		for _, route := range append(routesOf(http.MethodGet), "GET no/such/page/", "PUT patients/", "POST patients/add/", "POST audit/") {
			shown := b.visit(f, route)
			header := shown.Header
			assert.Equal(t, "DENY", header.Get("X-Frame-Options"), route)
			assert.Equal(t, []string{console.Policy}, header.Values("Content-Security-Policy"), route)
			assert.Equal(t, "no-store", header.Get("Cache-Control"), route)
			assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), route)
			assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), route)
			assert.Equal(t, "text/html; charset=utf-8", header.Get("Content-Type"), route)
			shown.checkMarkup(t, "")
		}
	}
	for _, word := range []string{"unsafe", "*", "data:", "http"} {
		assert.NotContains(t, console.Policy, word)
	}
	assert.Contains(t, console.Policy, "frame-ancestors 'none'")
}

func TestThePagesOfASessionAreGoneAfterTheSignOut(t *testing.T) {
	f := newDesk(t).furnish()
	b := f.arrive(boss)
	out := b.post("/console/sign-out/", url.Values{})
	assert.Equal(t, http.StatusOK, out.StatusCode)
	for _, route := range routesOf(http.MethodGet) {
		if route == "GET sign-in/" {
			continue
		}
		again := b.visit(f, route)
		assert.Equal(t, http.StatusUnauthorized, again.StatusCode, route)
		assert.NotContains(t, again.body, "Lovelace", route)
	}
}

// raw sends a request with exactly these cookies, and follows no redirect.
func (b *browser) raw(path, cookies string) *http.Response {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.url+path, nil)
	require.NoError(b.t, err)
	req.Header = b.header.Clone()
	if cookies != "" {
		req.Header.Set("Cookie", cookies)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	require.NoError(b.t, err)
	require.NoError(b.t, resp.Body.Close())
	return resp
}

// cookies returns the values of a browser's cookies.
func (b *browser) cookies() map[string]string {
	b.t.Helper()
	home, err := url.Parse(b.url)
	require.NoError(b.t, err)
	values := map[string]string{}
	for _, cookie := range b.jar.Cookies(home) {
		values[cookie.Name] = cookie.Value
	}
	return values
}

// sessionCookies returns the Cookie header of a browser that is signed in.
func (b *browser) sessionCookies() string {
	b.t.Helper()
	return "healthcare=" + b.cookies()["healthcare"] + "; healthcare-seen=" + b.cookies()["healthcare-seen"]
}

func TestOnlyUntouchedCookiesOfOneSessionAreASession(t *testing.T) {
	d := newDesk(t)
	ada, eve := d.signedIn("ada@clinic.example", domain.Staff), d.signedIn("eve@clinic.example", domain.Staff)
	mine, others := ada.cookies(), eve.cookies()
	cookie := func(tokens, seen string) string { return "healthcare=" + tokens + "; healthcare-seen=" + seen }
	tokens, seen := mine["healthcare"], mine["healthcare-seen"]
	require.Equal(t, http.StatusOK, ada.raw("/console/", cookie(tokens, seen)).StatusCode)

	for name, cookies := range map[string]string{
		"another user's last use": cookie(tokens, others["healthcare-seen"]),
		"another user's tokens":   cookie(others["healthcare"], seen),
		"swapped":                 cookie(seen, tokens),
		"no last use":             "healthcare=" + tokens,
		"tokens twice":            "healthcare=" + tokens + "; " + cookie(tokens, seen),
		"another's tokens first":  "healthcare=" + others["healthcare"] + "; " + cookie(tokens, seen),
		"last use twice":          cookie(tokens, seen) + "; healthcare-seen=" + seen,
		"cut off":                 cookie(tokens[:len(tokens)-1], seen),
		"longer":                  cookie(tokens+"A", seen),
		"two joined":              cookie(tokens+tokens, seen),
		"empty":                   cookie("", ""),
		"the name of TLS":         "__Host-" + "healthcare=" + tokens + "; __Host-healthcare-seen=" + seen,
	} {
		assert.Equal(t, http.StatusUnauthorized, ada.raw("/console/", cookies).StatusCode, name)
	}
	for at := 0; at < len(tokens); at += len(tokens)/40 + 1 {
		other := byte('A')
		if tokens[at] == other {
			other = 'B'
		}
		edited := tokens[:at] + string(other) + tokens[at+1:]
		assert.Equal(t, http.StatusUnauthorized, ada.raw("/console/", cookie(edited, seen)).StatusCode, "byte %d", at)
	}
	// Over TLS a page of a subdomain can set the plain name, but not the one with __Host-.
	ada.header.Set("X-Forwarded-Proto", "https")
	assert.Equal(t, http.StatusUnauthorized, ada.raw("/console/", cookie(tokens, seen)).StatusCode)
}

// Somebody who can set a cookie in another person's browser must not share the session that
// begins there.
func TestASignInDoesNotAdoptACookieThatWasThereBefore(t *testing.T) {
	d := newDesk(t)
	eve := d.signedIn("eve@clinic.example", domain.Staff)
	planted := eve.cookies()
	d.SignUp("ada@clinic.example", domain.Staff)
	ada := d.browser()
	home, err := url.Parse(d.url)
	require.NoError(t, err)
	for name, value := range planted {
		ada.jar.SetCookies(home, []*http.Cookie{{Name: name, Value: value}})
	}
	in := ada.post("/console/sign-in/", url.Values{"username": {"ada@clinic.example"}, "password": {clinictest.Password}})
	assert.Contains(t, in.text(), "ada@clinic.example")
	assert.NotEqual(t, planted["healthcare"], ada.cookies()["healthcare"])
	after := eve.get("/console/")
	assert.Equal(t, http.StatusUnauthorized, after.StatusCode, "the planted session has ended")
	assert.NotContains(t, after.text(), "ada@clinic.example")
}

func TestNoAddressLeadsToAnotherSite(t *testing.T) {
	f := newDesk(t).furnish()
	b := f.arrive(boss)
	cookies := b.sessionCookies()
	for _, path := range []string{
		"//evil.example/console/", "//evil.example/console/patients", "/console//evil.example", "/console//evil.example/patients", "/console/..//evil.example/",
		"/console/%2f%2fevil.example", "/console/%2e%2e/%2f/evil.example", "/console/patients?next=https://evil.example/", "/console/%5cevil.example/patients",
		"/console/sign-in/?next=//evil.example",
	} {
		for _, cookies := range []string{cookies, ""} {
			if location := b.raw(path, cookies).Header.Get("Location"); location != "" {
				assert.Regexp(t, `^/(console/|[a-z.%2f/]*$)`, location, path)
				assert.False(t, strings.HasPrefix(location, "//") || strings.Contains(location, "\\"), location)
			}
		}
	}
	for _, route := range routesOf(http.MethodPost) {
		if route == "POST sign-out/" {
			continue
		}
		method, address := f.address(route)
		fields := blankForm()
		for _, name := range []string{"next", "kept", "back", "return", "url", "action", "path"} {
			fields.Set(name, "//evil.example/console/")
		}
		for _, redirect := range b.send(method, address, fields).redirects {
			assert.True(t, strings.HasPrefix(redirect, "/console/"), "%s: %s", route, redirect)
		}
	}
}

// A form that is kept over a sign-in is sealed for the user who sent it.
func TestAKeptFormOfAnotherUserIsNotDone(t *testing.T) {
	d := newDesk(t)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	page := ada.get("/console/patients/add/")
	require.NoError(t, d.Sessions.Logout(t.Context(), d.sessionOf(ada)))
	kept := page.submit("/console/patients/add/", "name", "Planted Person").form("/console/sign-in/").Get("kept")
	require.NotEmpty(t, kept)

	d.SignUp("eve@clinic.example", domain.Staff)
	for _, forged := range []string{kept, kept + "A", "A" + kept[1:]} {
		before := d.changes()
		eve := d.browser().post("/console/sign-in/", url.Values{"username": {"eve@clinic.example"}, "password": {clinictest.Password}, "kept": {forged}})
		assert.Equal(t, "/console/", eve.path())
		assert.Equal(t, before, d.changes())
	}
	mine := d.browser().post("/console/sign-in/", url.Values{"username": {"ada@clinic.example"}, "password": {clinictest.Password}, "kept": {kept}})
	assert.Contains(t, mine.text(), "Planted Person", "the user's own form is done")
}

// sessionOf returns the actor of the last session that began from an address.
func (d *desk) sessionOf(b *browser) domain.Actor {
	d.t.Helper()
	require.NotEmpty(d.t, b.cookies()["healthcare"])
	events := d.Events()
	for i := len(events) - 1; i >= 0; i-- {
		if actor := events[i].Actor; actor.SessionID != 0 && actor.Origin.Address.IsValid() {
			return actor
		}
	}
	d.t.Fatal("nobody has signed in")
	return domain.Actor{}
}
