package console

import (
	"slices"

	"example.com/healthcare/domain"
)

// ownSessions is the content of the page of one's own sessions.
type ownSessions struct {
	sessionList
	// Others says that there are sessions besides the current one.
	Others bool
}

// listOwnSessions is the page of one's own sessions.
func (c *console) listOwnSessions(p *page) error {
	found, err := c.Sessions.List(p.ctx(), p.actor, p.sessionPage())
	if err != nil {
		return err
	}
	content := ownSessions{sessionList: p.sessionList(found)}
	content.Own = true
	content.Others = slices.ContainsFunc(content.Sessions, func(session shownSession) bool { return !session.Current })
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
