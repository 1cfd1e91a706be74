package console

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The cookies of a session. Over TLS their names begin with __Host-, so that browsers accept
// them only from this host, and a page of a subdomain cannot set them.
//
// The tokens have a cookie of their own, which is sent only after a sign-in and a refresh: an
// answer to an earlier request can arrive later, and must not bring back tokens that were spent.
const (
	tokensCookie = "healthcare"
	seenCookie   = "healthcare-seen"
	noticeCookie = "healthcare-notice"
)

// session is what the browser holds of a session. Both cookies are sealed.
type session struct {
	userID domain.ID
	// userName is shown on each page. It is here so that not every page has to read the account.
	userName        string
	access, refresh string
	// accessEnds is when the access token expires.
	accessEnds time.Time
	// locked says that nobody has used the session for a while.
	locked bool
}

// tokensContext is the context in which the cookie with the tokens is sealed.
const tokensContext = "console session 1"

func newSession(userID domain.ID, userName string, grant application.Grant, now time.Time) session {
	return session{
		userID: userID, userName: userName, access: grant.Access.Reveal(), refresh: grant.Refresh.Reveal(),
		accessEnds: now.Add(grant.ExpiresIn),
	}
}

// text returns the text of the cookie before it is sealed. The name is last, because it can
// contain spaces.
func (s session) text() string {
	return strings.Join([]string{s.userID.String(), s.access, s.refresh, strconv.FormatInt(s.accessEnds.Unix(), 10), s.userName}, " ")
}

// parseSession parses what text returns.
func parseSession(text string) (s session, ok bool) {
	parts := strings.SplitN(text, " ", 5)
	if len(parts) != 5 {
		return session{}, false
	}
	id, idErr := domain.ParseID(parts[0])
	ends, endsErr := strconv.ParseInt(parts[3], 10, 64)
	return session{userID: id, access: parts[1], refresh: parts[2], accessEnds: time.Unix(ends, 0), userName: parts[4]}, idErr == nil && endsErr == nil
}

// refreshMargin is the rest of an access token's life in which it is replaced.
const refreshMargin = 5 * time.Second

// authenticate sets the session and the actor of a request, if its cookies are those of a live
// session. It exchanges an access token that has expired.
//
// It returns an error only if the service cannot tell.
func (c *console) authenticate(p *page) error {
	sealed, found := p.cookie(tokensCookie)
	if !found {
		return nil
	}
	text, opened := c.Seals.Open(sealed, tokensContext)
	session, parsed := parseSession(text)
	if !opened || !parsed {
		return nil
	}
	if now := c.Clock(); !now.Before(session.accessEnds.Add(-refreshMargin)) {
		grant, err := c.refresher.refresh(p.ctx(), p.request.Origin(), session.refresh)
		if hasEnded(err) || domain.KindOf(err) == domain.TooMany { // Only bad tokens are counted.
			p.session.userID = session.userID
			return nil
		} else if err != nil {
			return err
		}
		session = newSession(session.userID, session.userName, grant, now)
		p.setTokens(session)
	}
	actor, err := c.Authenticator.Authenticate(p.ctx(), p.request.Origin(), session.access)
	if hasEnded(err) {
		p.session.userID = session.userID
		return nil
	} else if err != nil {
		return err
	}
	p.session, p.actor = session, actor
	p.request.SetActor(actor)
	p.request.SetRecheck(func(ctx context.Context) error { return c.Authenticator.Recheck(ctx, actor.SessionID) })
	p.session.locked = !p.seenLately()
	if !p.session.locked {
		p.markSeen()
	}
	return nil
}

// hasEnded reports whether an error means that the session has ended.
func hasEnded(err error) bool {
	switch domain.KindOf(err) {
	case domain.Unauthenticated, domain.Invalid:
		return err != nil
	default:
		return false
	}
}

// seenContext is the context in which the time of the last request is sealed.
func (p *page) seenContext() string {
	return "console last use of session " + p.actor.SessionID.String()
}

// seenLately reports whether the session was used within Options.Idle.
func (p *page) seenLately() bool {
	seen, ok := p.lastSeen()
	return ok && p.Clock().Sub(seen) <= p.Idle
}

// lastSeen returns the time of the last request of this session, and false if the cookie does
// not say it.
func (p *page) lastSeen() (time.Time, bool) {
	sealed, _ := p.cookie(seenCookie)
	text, opened := p.Seals.Open(sealed, p.seenContext())
	seconds, err := strconv.ParseInt(text, 10, 64)
	return time.Unix(seconds, 0), opened && err == nil
}

// seenStep is the precision of the time of the last request, so that not every answer has to
// set the cookie.
const seenStep = 10 * time.Second

// markSeen makes this request the last use of the session.
func (p *page) markSeen() {
	now := p.Clock()
	if seen, ok := p.lastSeen(); ok && now.Sub(seen).Abs() < min(seenStep, p.Idle/10) {
		return
	}
	p.setCookie(seenCookie, p.Seals.Seal(strconv.FormatInt(now.Unix(), 10), p.seenContext()))
}

func (p *page) setTokens(s session) { p.setCookie(tokensCookie, p.Seals.Seal(s.text(), tokensContext)) }

// forgetSession removes all cookies.
func (p *page) forgetSession() {
	for _, name := range []string{tokensCookie, seenCookie, noticeCookie} {
		if _, found := p.cookie(name); found {
			p.clearCookie(name)
		}
	}
	p.session, p.actor = session{}, domain.Actor{Origin: p.request.Origin()}
}

// cookieName returns the name of a cookie, which depends on the scheme.
func (p *page) cookieName(name string) string {
	if p.request.IsTLS() {
		return "__Host-" + name
	}
	return name
}

// cookie returns the value of a cookie. Two cookies of one name are none: one of them is not ours.
func (p *page) cookie(name string) (value string, found bool) {
	cookies := p.r.CookiesNamed(p.cookieName(name))
	if len(cookies) != 1 {
		return "", false
	}
	return cookies[0].Value, true
}

// setCookie sets a cookie that ends with the browser's session.
func (p *page) setCookie(name, value string) { p.sendCookie(name, value, 0) }

func (p *page) clearCookie(name string) { p.sendCookie(name, "", -1) }

// sendCookie sets a cookie for maxAge seconds; 0 is as long as the browser runs, and -1 removes
// the cookie.
func (p *page) sendCookie(name, value string, maxAge int) {
	http.SetCookie(p.w, &http.Cookie{ //nolint:gosec // Browsers refuse a Secure cookie over plain HTTP.
		Name: p.cookieName(name), Value: value, MaxAge: maxAge,
		Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: p.request.IsTLS(),
	})
}
