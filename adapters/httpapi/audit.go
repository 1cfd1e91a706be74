package httpapi

import (
	"context"
	"net/netip"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type eventView struct {
	ID domain.ID `json:"id"`
	At string    `json:"at"`
	// Actor is null for a caller who had not signed in.
	Actor     *actorView        `json:"actor"`
	Action    domain.Permission `json:"action"`
	Subject   any               `json:"subject"` // referenceView or shownView
	Outcome   domain.Outcome    `json:"outcome"`
	RequestID string            `json:"request_id"`
	Address   string            `json:"address"`
	Version   int               `json:"version,omitzero"`
}

// actorView shows who acted. User and Session are null for an operator.
type actorView struct {
	User *domain.ID `json:"user"`
	// Name is null if the user has no name or does not exist.
	Name    *string     `json:"name"`
	Role    domain.Role `json:"role"`
	Session *domain.ID  `json:"session"`
}

// referenceView shows a reference to one record. ID is null if an event's subject is not a
// single record.
type referenceView struct {
	Kind domain.SubjectKind `json:"kind"`
	ID   *domain.ID         `json:"id"`
}

// shownView shows which records a list showed.
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
		view.Actor = &actorView{User: nullIfZero(actor.UserID), Name: nullIfZero(event.ActorName), Role: actor.Role, Session: nullIfZero(actor.SessionID)}
	}
	return view
}

// showAddress formats an address. An unknown address is empty.
func showAddress(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

func nullIfZero[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}

func readAuditQuery(q *query) domain.AuditQuery {
	return domain.AuditQuery{
		Actor:   q.take("actor"),
		Patient: q.take("patient"),
		Doctor:  q.take("doctor"),
		Action:  q.take("action"),
		Outcome: q.take("outcome"),
		From:    q.take("from"),
		To:      q.take("to"),

		Ordering: q.take("ordering"),
		Page:     q.page(),
	}
}

func readAccessQuery(q *query) domain.AccessQuery {
	return domain.AccessQuery{Ordering: q.take("ordering"), Page: q.page()}
}

// listAudit answers with a page of the audit trail, or with an export of all events that
// match, if the client prefers the media type of an export.
func listAudit(audit *application.Audit) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		c.Response().Header().Add(echo.HeaderVary, echo.HeaderAccept)
		format, ok := preferredExport(c.Request())
		if !ok {
			return list(readAuditQuery, audit.List, showEvent)(c, actor, query)
		}
		in := readAuditQuery(query)
		in.Page.Limit = exportLimit(in.Page.Limit)
		return sendExport(c, format, func(ctx context.Context) (application.Page[domain.AuditEventView], error) {
			page, err := audit.List(ctx, actor, in)
			in.Page.Cursor = domain.Given(page.Next)
			return page, err
		})
	}
}
