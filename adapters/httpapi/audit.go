package httpapi

import (
	"context"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type eventView struct {
	ID domain.ID `json:"id"`
	At string    `json:"at"`
	// Actor is null for who had not signed in.
	Actor     *actorView        `json:"actor"`
	Action    domain.Permission `json:"action"`
	Subject   any               `json:"subject"` // referenceView or shownView
	Outcome   domain.Outcome    `json:"outcome"`
	RequestID string            `json:"request_id"`
	Address   string            `json:"address"`
	Version   int               `json:"version,omitzero"`
}

// actorView has neither user nor session for an operator.
type actorView struct {
	User *domain.ID `json:"user"`
	// Name is null for a user who has none or does not exist.
	Name    *string     `json:"name"`
	Role    domain.Role `json:"role"`
	Session *domain.ID  `json:"session"`
}

// referenceView is the one record that an event is about, as far as there is one.
type referenceView struct {
	Kind domain.SubjectKind `json:"kind"`
	ID   *domain.ID         `json:"id"`
}

// shownView is the records that a list showed.
type shownView struct {
	Kind domain.SubjectKind `json:"kind"`
	IDs  []domain.ID        `json:"ids"`
}

func showEvent(event domain.AuditEventView) eventView {
	view := eventView{
		ID:        event.ID,
		At:        showInstant(event.At),
		Action:    event.Action,
		Subject:   referenceView{Kind: event.Subject.Kind, ID: nullIfZero(event.Subject.ID)},
		Outcome:   event.Outcome,
		RequestID: event.Actor.Origin.RequestID,
		Address:   showAddress(event.Actor.Origin.Address),
		Version:   event.Version,
	}
	if event.Subject.Shown != nil {
		view.Subject = shownView{Kind: event.Subject.Kind, IDs: event.Subject.Shown}
	}
	if actor := event.Actor; actor.Role != domain.Anonymous {
		view.Actor = &actorView{User: nullIfZero(actor.UserID), Name: nullIfEmpty(event.ActorName), Role: actor.Role, Session: nullIfZero(actor.SessionID)}
	}
	return view
}

// showInstant writes all microseconds, so that texts sort as times do.
func showInstant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }

// showAddress writes nothing for an address that is not known.
func showAddress(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

func nullIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func nullIfZero(id domain.ID) *domain.ID {
	if id == 0 {
		return nil
	}
	return &id
}

func readAuditQuery(q *query) domain.AuditQuery {
	return domain.AuditQuery{
		Actor:   q.input("actor"),
		Patient: q.input("patient"),
		Doctor:  q.input("doctor"),
		Action:  q.input("action"),
		Outcome: q.input("outcome"),
		From:    q.input("from"),
		To:      q.input("to"),

		Ordering: q.input("ordering"),
		Page:     q.page(),
	}
}

func readAccessQuery(q *query) domain.AccessQuery {
	return domain.AccessQuery{Ordering: q.input("ordering"), Page: q.page()}
}

// listAudit answers with a page of the trail, or with all of it in the format
// that the caller prefers.
func listAudit(audit *application.Audit) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
		format, ok := wantedExport(c.Request())
		if !ok {
			return list(readAuditQuery, audit.List, showEvent)(c, actor, query)
		}
		in := readAuditQuery(query)
		in.Page.Limit = wholeList(in.Page.Limit)
		return export(c, format, func(ctx context.Context) (application.Page[domain.AuditEventView], error) {
			page, err := audit.List(ctx, actor, in)
			in.Page.Cursor = domain.Given(page.Next.String())
			return page, err
		})
	}
}
