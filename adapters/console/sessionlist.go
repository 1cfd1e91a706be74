package console

import (
	"net/netip"
	"strings"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// sessionList is a list of the sessions of one user. Template "session-table" shows it.
type sessionList struct {
	Sessions []shownSession
	Pager    pager
	// Own says that they are one's own sessions, which one can end one by one.
	Own bool
}

// shownSession is one session in words.
type shownSession struct {
	ID     domain.ID
	Device string
	// Address is zero if it is not known.
	Address                       netip.Addr
	CreatedAt, LastUsedAt, EndsAt time.Time
	// Current says that it is the session in which the page was asked for.
	Current bool
}

// sessionPage says which page of a list of sessions was asked for.
func (p *page) sessionPage() domain.PageInput {
	return domain.PageInput{Cursor: p.parameters(nil)["cursor"]}
}

func (p *page) sessionList(found application.Page[domain.Session]) sessionList {
	list := sessionList{Pager: pagerOf(p, found)}
	for _, session := range found.Items {
		list.Sessions = append(list.Sessions, shownSession{
			ID: session.ID, Device: p.device(session.Origin.Device), Address: session.Origin.Address,
			CreatedAt: session.CreatedAt, LastUsedAt: session.LastUsedAt, EndsAt: session.ExpiresAt, Current: session.ID == p.actor.SessionID,
		})
	}
	return list
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
