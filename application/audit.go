package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Audit is the use-cases on the trail itself. Reading it leaves a trace in it, too.
type Audit struct{ trail *Trail }

// List returns a page of the events that the query asks for.
func (s *Audit) List(ctx context.Context, actor domain.Actor, query domain.AuditQuery) (Page[domain.AuditEvent], error) {
	filter, page, invalid := query.Parse()
	return s.list(ctx, attempt{by: actor, to: domain.AuditRead, on: some(domain.AboutAudit), naming: query.Named(), invalid: invalid}, filter, page)
}

// Accesses returns a page of the events about a patient, deleted or not: the
// accounting that a patient may ask for (45 CFR 164.528).
func (s *Audit) Accesses(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.PageInput) (Page[domain.AuditEvent], error) {
	page, invalid := in.Parse()
	about := domain.Reference{Kind: domain.AboutPatient, ID: patient}
	return s.list(ctx, attempt{by: actor, to: domain.AuditRead, on: some(domain.AboutAudit), naming: []domain.Reference{about}, invalid: invalid},
		domain.AuditFilter{About: about}, page)
}

// maxEvents bounds a page, however much a caller asks for: an event of a list may
// name some thousand records.
const maxEvents = 200

func (s *Audit) list(ctx context.Context, a attempt, filter domain.AuditFilter, page domain.Page) (Page[domain.AuditEvent], error) {
	page.Limit = min(page.Limit, maxEvents)
	return read(ctx, s.trail, a, func(tx ports.Tx, e *entry) (Page[domain.AuditEvent], error) {
		return list(e, page, func(event domain.AuditEvent) domain.ID { return event.ID },
			func(page domain.Page) ([]domain.AuditEvent, error) {
				return tx.Audit().List(ctx, filter, page)
			})
	})
}
