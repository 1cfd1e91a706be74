package application

import (
	"context"
	"maps"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Audit holds the use-cases on the audit trail. Like all use-cases, they leave audit events.
type Audit struct{ trail *Trail }

// List returns a page of the events that match the query.
func (s *Audit) List(ctx context.Context, actor domain.Actor, query domain.AuditQuery) (Page[domain.AuditEventView], error) {
	filter, page, inputErr := query.Parse()
	return s.list(ctx, call{actor: actor, permission: domain.AuditRead, kind: domain.SubjectAudit, named: query.References(), inputErr: inputErr}, filter, page)
}

// Accesses returns a page of the events about a patient, deleted or not. A patient has the
// right to such an accounting (45 CFR 164.528).
func (s *Audit) Accesses(ctx context.Context, actor domain.Actor, patient domain.ID, query domain.AccessQuery) (Page[domain.AuditEventView], error) {
	filter, page, inputErr := query.Parse(patient)
	return s.list(ctx, call{actor: actor, permission: domain.AuditRead, kind: domain.SubjectAudit, named: []domain.Reference{filter.Record}, inputErr: inputErr}, filter, page)
}

// maxEvents bounds a page, whatever limit the caller asks for, because an event of a list can
// name thousands of records.
const maxEvents = 200

func (s *Audit) list(ctx context.Context, c call, filter domain.AuditFilter, page domain.Page) (Page[domain.AuditEventView], error) {
	page.Limit = min(page.Limit, maxEvents)
	return runView(ctx, s.trail, c, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (Page[domain.AuditEventView], error) {
		events, err := listShown(event, page, auditEventID, func(page domain.Page) ([]domain.AuditEvent, error) {
			return tx.Audit().List(ctx, filter, page)
		})
		if err != nil {
			return Page[domain.AuditEventView]{}, err
		}
		views := make([]domain.AuditEventView, len(events.Items))
		for i, event := range events.Items {
			views[i].AuditEvent = event
		}
		err = addNames(ctx, tx, views,
			func(view *domain.AuditEventView) domain.ID { return view.Actor.UserID },
			func(view *domain.AuditEventView, name string) { view.ActorName = name })
		return Page[domain.AuditEventView]{Items: views, Next: events.Next}, err
	})
}

func auditEventID(event domain.AuditEvent) domain.ID { return event.ID }

// addNames sets the current names of the users of items. It looks all of them up at once. A
// user that does not exist has no name.
func addNames[T any](ctx context.Context, tx ports.Tx, items []T, user func(*T) domain.ID, set func(*T, string)) error {
	named := map[domain.ID]string{}
	for i := range items {
		if id := user(&items[i]); id != 0 {
			named[id] = ""
		}
	}
	users, err := tx.Users().ListByIDs(ctx, slices.Sorted(maps.Keys(named))...)
	if err != nil {
		return err
	}
	for _, found := range users {
		named[found.ID] = found.Name()
	}
	for i := range items {
		set(&items[i], named[user(&items[i])])
	}
	return nil
}
