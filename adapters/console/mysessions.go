package console

import (
	"net/netip"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// ownSessions is the content of the page of one's own sessions.
type ownSessions struct {
	Sessions []ownSession
	Pager    pager
	// Others says that there are sessions besides the current one.
	Others bool
}

// ownSession is one session in words.
type ownSession struct {
	ID     domain.ID
	Device string
	// Address is zero if it is not known.
	Address                       netip.Addr
	CreatedAt, LastUsedAt, EndsAt time.Time
	Current                       bool
}

// listOwnSessions is the page of one's own sessions.
func (c *console) listOwnSessions(p *page) error {
	found, err := c.Sessions.List(p.ctx(), p.actor, domain.PageInput{Cursor: p.parameters(nil)["cursor"]})
	if err != nil {
		return err
	}
	content := ownSessions{Pager: pagerOf(p, found)}
	for _, session := range found.Items {
		content.Sessions = append(content.Sessions, ownSession{
			ID: session.ID, Device: p.device(session.Origin.Device), Address: session.Origin.Address,
			CreatedAt: session.CreatedAt, LastUsedAt: session.LastUsedAt, EndsAt: session.ExpiresAt, Current: session.ID == p.actor.SessionID,
		})
		content.Others = content.Others || session.ID != p.actor.SessionID
	}
	return p.show("my-sessions", p.T("sessions.title"), content)
}

// endOwnSession ends one of the own sessions.
func (c *console) endOwnSession(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	// A session that has ended is what the form asks for.
	if err := c.Sessions.Revoke(p.ctx(), p.actor, id); err != nil && domain.KindOf(err) != domain.NotFound {
		return err
	}
	return p.redirectWith(notice{Text: p.T("sessions.ended")}, "account/sessions/")
}

// endOtherSessions ends all own sessions but the current one.
func (c *console) endOtherSessions(p *page) error {
	if err := c.Sessions.RevokeOthers(p.ctx(), p.actor); err != nil {
		return err
	}
	return p.redirectWith(notice{Text: p.T("sessions.others_ended")}, "account/sessions/")
}

// The names of browsers and systems by what their User-Agent headers contain. The first match
// counts: browsers also claim to be those that they descend from.
var (
	browserNames = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser/", "Samsung Internet"},
		{"Firefox/", "Firefox"},
		{"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"},
		{"Chrome/", "Chrome"},
		{"Safari/", "Safari"},
	}
	systemNames = [][2]string{
		{"iPhone", "iPhone"},
		{"iPad", "iPad"},
		{"Android", "Android"},
		{"CrOS", "ChromeOS"},
		{"Windows", "Windows"},
		{"Macintosh", "Mac"},
		{"Linux", "Linux"},
	}
)

// device returns the device of a session in words. A program that is no browser is shown as it
// calls itself.
func (p *page) device(userAgent string) string {
	browser, system := nameIn(browserNames, userAgent), nameIn(systemNames, userAgent)
	switch {
	case userAgent == "":
		return p.T("sessions.unknown_device")
	case browser == "":
		return userAgent
	case system == "":
		return browser
	}
	return p.T("sessions.device", browser, system)
}

// nameIn returns the first name whose text the header contains, "" if there is none.
func nameIn(names [][2]string, userAgent string) string {
	for _, name := range names {
		if strings.Contains(userAgent, name[0]) {
			return name[1]
		}
	}
	return ""
}
