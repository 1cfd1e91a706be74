package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestSignInLeadsToThePageThatWasAskedFor(t *testing.T) {
	d := newDesk(t)
	d.SignUp("ada@clinic.example", domain.Staff)
	b := d.browser()

	asked := b.get("/console/?find=x")
	assert.Equal(t, http.StatusUnauthorized, asked.StatusCode)
	wrong := asked.submit("/console/sign-in/", "username", "ada@clinic.example", "password", "not it")
	assert.Equal(t, http.StatusUnauthorized, wrong.StatusCode)
	assert.Contains(t, wrong.text(), "do not belong to an active account")
	assert.NotContains(t, wrong.body, "not it", "a password is not shown again")
	assert.Regexp(t, `name="username"[^>]* autofocus`, asked.body)
	assert.Regexp(t, `name="password"[^>]* autofocus`, wrong.body, "the address is typed already")
	assert.Equal(t, 1, strings.Count(wrong.body, " autofocus"))

	in := wrong.submit("/console/sign-in/", "password", clinictest.Password)
	assert.Equal(t, http.StatusOK, in.StatusCode)
	assert.Equal(t, "/console/?find=x", in.path())
	assert.Contains(t, in.text(), "ada@clinic.example")
	assert.Equal(t, "/console/", b.get("/console/sign-in/").path(), "who is signed in needs no form")
}

func TestASignInLeadsToNoOtherSite(t *testing.T) {
	d := newDesk(t)
	d.SignUp("ada@clinic.example", domain.Staff)
	for _, next := range []string{
		"https://evil.example/", "//evil.example/console/", "/\\evil.example", "/console/\\..//evil.example", "/console//evil.example",
		"javascript:alert(1)", "/api/", "", "/console/\r\nSet-Cookie: a=b", "/consolex/", "http:/console/", "https:///console/",
		"/console/../other/", "/console/%2e%2e/other/", "/console/..%2fother/", "/console/patients/../../../other/", "/console/..",
	} {
		in := d.browser().post("/console/sign-in/", url.Values{"username": {"ada@clinic.example"}, "password": {clinictest.Password}, "next": {next}})
		assert.Equal(t, []string{"/console/"}, in.redirects, next)
	}
}

func TestCookiesAreSealedAndKeptToThisHost(t *testing.T) {
	d := newDesk(t)
	d.SignUp("ada@clinic.example", domain.Staff)
	for scheme, prefix := range map[string]string{"http": "", "https": "__Host-"} {
		b := d.browser()
		b.header.Set("X-Forwarded-Proto", scheme)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/console/sign-in/",
			strings.NewReader(url.Values{"username": {"ada@clinic.example"}, "password": {clinictest.Password}}.Encode()))
		require.NoError(t, err)
		req.Header = b.header.Clone()
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultTransport.RoundTrip(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Len(t, resp.Cookies(), 2)
		for _, cookie := range resp.Cookies() {
			assert.True(t, strings.HasPrefix(cookie.Name, prefix+"healthcare"), cookie.Name)
			assert.True(t, cookie.HttpOnly)
			assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
			assert.Equal(t, scheme == "https", cookie.Secure)
			assert.Equal(t, "/", cookie.Path)
			assert.Empty(t, cookie.Domain)
			assert.NotContains(t, cookie.Value, ".", "a token would have dots")
		}
	}
}

func TestASessionThatEndsElsewhereIsRefusedAtOnce(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	page, err := d.Sessions.List(t.Context(), d.SignIn("ada@clinic.example"), domain.PageInput{})
	require.NoError(t, err)
	require.NotEmpty(t, page.Items)

	users, err := d.Users.List(t.Context(), d.Admin(), domain.Parameters{"search": domain.Given("ada@clinic.example")})
	require.NoError(t, err)
	require.NoError(t, d.Users.RevokeSessions(t.Context(), d.Admin(), users.Items[0].ID))
	refused := b.get("/console/")
	assert.Equal(t, http.StatusUnauthorized, refused.StatusCode)
	assert.Contains(t, refused.text(), "Your session has ended")
}

func TestSigningOutEndsTheSessionEverywhere(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	stolen := d.browser()
	home, err := url.Parse(d.url)
	require.NoError(t, err)
	stolen.jar.SetCookies(home, b.jar.Cookies(home))
	assert.Equal(t, http.StatusOK, stolen.get("/console/").StatusCode)

	out := b.get("/console/").submit("/console/sign-out/")
	assert.Equal(t, "/console/sign-in/", out.path())
	assert.Empty(t, b.jar.Cookies(home))
	assert.Equal(t, http.StatusUnauthorized, stolen.get("/console/").StatusCode)
}

// Tabs that are used at once send the same tokens, and the answer with new ones can be lost.
func TestTabsNeverSignEachOtherOut(t *testing.T) {
	shortLived := func(_ *application.Ports, r *application.Rules) { r.Sessions.Access = time.Minute }
	d := newDesk(t, shortLived)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	home, err := url.Parse(d.url)
	require.NoError(t, err)
	for range 5 {
		before := b.jar.Cookies(home)
		d.Advance(58 * time.Second)
		var tabs sync.WaitGroup
		for range 8 {
			tabs.Go(func() { assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode) })
		}
		tabs.Wait()
		// All answers are lost, and the browser comes back later than the grace allows.
		b.jar.SetCookies(home, before)
		d.Advance(40 * time.Second)
		assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
	}
}

func TestAnUnusedSessionIsLockedAndThePasswordUnlocksIt(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	for range 3 {
		d.Advance(console.DefaultIdle - 20*time.Second)
		assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
	}
	d.Advance(console.DefaultIdle + time.Second)
	locked := b.get("/console/?find=x")
	assert.Equal(t, http.StatusUnauthorized, locked.StatusCode)
	assert.Equal(t, http.StatusUnauthorized, b.post("/console/active/", url.Values{}).StatusCode, "activity does not unlock")

	wrong := locked.submit("/console/unlock/", "password", "not it")
	assert.Equal(t, http.StatusUnprocessableEntity, wrong.StatusCode)
	assert.Contains(t, wrong.text(), "This is not the current password.")
	assert.Equal(t, http.StatusUnauthorized, b.get("/console/").StatusCode)

	unlocked := wrong.submit("/console/unlock/", "password", clinictest.Password)
	assert.Equal(t, "/console/?find=x", unlocked.path())
	assert.Equal(t, http.StatusOK, unlocked.StatusCode)
}

func TestAPageOfAnotherSiteCannotSendAForm(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		b.header.Set(name, value)
		assert.Equal(t, http.StatusForbidden, b.post("/console/sign-out/", url.Values{}).StatusCode, name)
		b.header.Del(name)
	}
	assert.Equal(t, http.StatusOK, b.get("/console/").StatusCode)
}
