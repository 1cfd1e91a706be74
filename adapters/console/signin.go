package console

import (
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// The hidden fields of the forms that sign in and unlock.
const (
	// nextField is the address of the page that was asked for.
	nextField = "next"
	// keptField is a form that could not be done (see keep.go).
	keptField = "kept"
	// proofField is the address and the password of a sign-in that still needs a code.
	proofField = "proof"
)

// proofContext is the context in which they are sealed, and proofLifetime how long they can be
// used.
const (
	proofContext  = "console sign-in"
	proofLifetime = 5 * time.Minute
)

func (c *console) sessionRoutes() []route {
	return []route{
		get("sign-in/{$}", c.showSignIn).open(anyone),
		postSecret("sign-in/{$}", c.signIn).open(anyone),
		post("sign-out/{$}", c.signOut).open(locked),
		postSecret("unlock/{$}", c.unlock).open(locked),
		post("active/{$}", c.noteActivity),
	}
}

// signInForm is the content of the sign-in page.
type signInForm struct {
	form
	// Reason says why one has to sign in, "" if it is obvious.
	Reason string
}

func (p *page) newSignInForm(next, kept string) signInForm {
	return signInForm{
		form: form{
			Action: p.link("sign-in/"),
			Fields: []field{
				{Name: "username", Label: p.T("sign_in.email"), Type: "email", Required: true, Autocomplete: "username", Focus: true},
				{Name: "password", Label: p.T("sign_in.password"), Type: "password", Required: true, Autocomplete: "current-password"},
			},
			Hidden: map[string]string{nextField: next, keptField: kept},
			Submit: p.T("sign_in.submit"),
		},
	}
}

// codeField is for the code of a second factor, or a recovery code.
func (p *page) codeField() field {
	return field{
		Name: "otp", Label: p.T("sign_in.code"), Hint: p.T("sign_in.code_hint"), Type: "text", Required: true,
		Autocomplete: "one-time-code", Focus: true,
	}
}

// showSignIn is the page to sign in. A user who is signed in gets the first page.
func (c *console) showSignIn(p *page) error {
	if p.actor.UserID != 0 {
		return p.redirect("")
	}
	return p.show("sign-in", p.T("sign_in.title"), p.newSignInForm("", ""))
}

// askToSignIn answers a request without a session with the sign-in form. After the sign-in, the
// page that was asked for is shown, or the form that was sent is done.
func (p *page) askToSignIn() error {
	if isFirstOfNavigation(p.r) {
		return p.showStatus(http.StatusOK, "reload", p.T("sign_in.title"), nil)
	}
	content := p.newSignInForm(p.here(), p.keepForm())
	if p.session.userID != 0 {
		content.Reason = p.T("sign_in.ended")
	}
	p.forgetSession()
	// RFC 9110, 15.5.2, requires a challenge; browsers ignore schemes that they do not know.
	p.w.Header().Set("WWW-Authenticate", `Cookie form-action="`+p.link("sign-in/")+`", cookie-name="`+p.cookieName(tokensCookie)+`"`)
	return p.showStatus(http.StatusUnauthorized, "sign-in", p.T("sign_in.title"), content)
}

// isFirstOfNavigation reports whether a request comes from a link of another site, such as a
// web mailer. Browsers send it without the cookies, which are SameSite=Strict. The answer lets
// the browser ask again for itself.
func isFirstOfNavigation(r *http.Request) bool {
	return r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Site") == "cross-site"
}

// signIn starts a session. If the account has a second factor, a second form asks for the code.
func (c *console) signIn(p *page) error {
	p.request.NameClient()
	next, kept := p.form.Get(nextField), p.form.Get(keptField)
	credentials := p.credentials()
	grant, err := c.Sessions.Login(p.ctx(), domain.Actor{Origin: p.request.Origin()}, credentials)
	if err != nil {
		return p.refuseSignIn(err, credentials, next, kept)
	}
	if p.actor.UserID != 0 { // The form was sent from a page that was still open.
		if err := c.Sessions.Logout(p.ctx(), p.actor); err != nil {
			return err
		}
	}
	origin := p.request.Origin()
	if p.actor, err = c.Authenticator.Authenticate(p.ctx(), origin, grant.Access.Reveal()); err != nil {
		return err
	}
	p.request.SetActor(p.actor)
	me, err := c.Account.Me(p.ctx(), p.actor)
	if err != nil {
		return err
	}
	p.session = newSession(me.ID, userLabel(me), grant, c.Clock())
	p.setTokens(p.session)
	p.markSeen()
	if p.actor.Duty != domain.NoDuty {
		return p.redirect(dutyPages[p.actor.Duty])
	}
	return p.resume(next, kept)
}

// credentials returns what was typed, and with a code what was typed before.
func (p *page) credentials() domain.Credentials {
	typed := domain.Credentials{Username: p.input("username"), Password: p.input("password")}
	text, ok := p.Seals.Open(p.form.Get(proofField), proofContext)
	if !ok {
		return typed
	}
	proof, err := url.ParseQuery(text)
	if err != nil {
		return typed
	}
	at, err := time.Parse(time.RFC3339, proof.Get("at"))
	if err != nil || p.Clock().Sub(at) > proofLifetime {
		return typed
	}
	return domain.Credentials{Username: domain.Given(proof.Get("username")), Password: domain.Given(proof.Get("password")), Code: p.input("otp")}
}

// sealProof returns the value of proofField.
func (p *page) sealProof(credentials domain.Credentials) string {
	proof := url.Values{
		"at":       {p.Clock().UTC().Format(time.RFC3339)},
		"username": {credentials.Username.Text()},
		"password": {credentials.Password.Text()},
	}
	return p.Seals.Seal(proof.Encode(), proofContext)
}

// refuseSignIn shows the form again with what is wrong, or the form for the code.
func (p *page) refuseSignIn(err error, credentials domain.Credentials, next, kept string) error {
	content := p.newSignInForm(next, kept)
	e, _ := errors.AsType[*domain.Error](err)
	switch {
	case domain.KindOf(err) == domain.Unauthenticated && (e.Code == "otp_required" || e.Code == "otp_invalid"):
		content.Hidden[proofField] = p.sealProof(credentials)
		content.Fields, content.Cancel = []field{p.codeField()}, p.link("sign-in/")
		if e.Code == "otp_invalid" {
			content.Fields[0].Errors = []string{e.Message}
		}
	case domain.KindOf(err) == domain.Unauthenticated:
		content.Problems = []string{p.T("sign_in.wrong")}
		content.Fields = p.filled(content.Fields)
		content.Fields[0].Focus, content.Fields[1].Focus = false, true
	default:
		var ok bool
		if content.form, ok = p.withErrors(content.form, err); !ok {
			return err
		}
	}
	return p.showAgain(err, "sign-in", p.T("sign_in.title"), content)
}

// signOut ends the session everywhere.
func (c *console) signOut(p *page) error {
	if err := c.Sessions.Logout(p.ctx(), p.actor); err != nil {
		return err
	}
	p.forgetSession()
	p.w.Header().Set("Clear-Site-Data", `"cache", "storage"`)
	return p.redirect("sign-in/")
}

// here returns the address of the page that was asked for, "" if it was a form.
func (p *page) here() string {
	if p.r.Method != http.MethodGet {
		return ""
	}
	return p.r.URL.RequestURI()
}

// isPageOfConsole reports whether an address is one of this console's, so that a sign-in leads
// nowhere else.
func isPageOfConsole(address string) bool {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Scheme != "" || parsed.Host != "" || parsed.User != nil || strings.ContainsAny(address, "\\\r\n\t") {
		return false
	}
	// A path with .. could lead to another service of the same host.
	clean := path.Clean(parsed.Path)
	return strings.HasPrefix(parsed.Path, Path) && (parsed.Path == clean || parsed.Path == clean+"/")
}
