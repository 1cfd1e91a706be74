package application

import (
	"context"
	"maps"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Audit is the use-cases on the trail itself. Reading it leaves a trace in it, too.
type Audit struct{ trail *Trail }

// List returns a page of the events that the query asks for.
func (s *Audit) List(ctx context.Context, actor domain.Actor, query domain.AuditQuery) (Page[domain.AuditEventView], error) {
	filter, page, invalid := query.Parse()
	return s.list(ctx, attempt{by: actor, to: domain.AuditRead, on: some(domain.SubjectAudit), naming: query.References(), invalid: invalid}, filter, page)
}

// Accesses returns a page of the events about a patient, deleted or not: the
// accounting that a patient may ask for (45 CFR 164.528).
func (s *Audit) Accesses(ctx context.Context, actor domain.Actor, patient domain.ID, query domain.AccessQuery) (Page[domain.AuditEventView], error) {
	filter, page, invalid := query.Parse(patient)
	return s.list(ctx, attempt{by: actor, to: domain.AuditRead, on: some(domain.SubjectAudit), naming: []domain.Reference{filter.Record}, invalid: invalid}, filter, page)
}

// maxEvents bounds a page, however much a caller asks for: an event of a list may
// name some thousand records.
const maxEvents = 200

func (s *Audit) list(ctx context.Context, a attempt, filter domain.AuditFilter, page domain.Page) (Page[domain.AuditEventView], error) {
	page.Limit = min(page.Limit, maxEvents)
	return read(ctx, s.trail, a, func(tx ports.Tx, e *entry) (Page[domain.AuditEventView], error) {
		events, err := list(e, page, eventID, func(page domain.Page) ([]domain.AuditEvent, error) {
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

func eventID(event domain.AuditEvent) domain.ID { return event.ID }

// addNames looks up the names that the users of items have now, all at once, and sets
// them. A user who does not exist has none.
func addNames[T any](ctx context.Context, tx ports.Tx, items []T, user func(*T) domain.ID, set func(*T, string)) error {
	named := map[domain.ID]string{}
	for i := range items {
		if id := user(&items[i]); id != 0 {
			named[id] = ""
		}
	}
	users, err := tx.Users().List(ctx, domain.UserFilter{IDs: slices.Sorted(maps.Keys(named))}, domain.Page{Limit: len(named)})
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
