package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Audit is the use-cases on the trail itself. Reading it leaves a trace in it, too.
type Audit struct{ trail *Trail }

// NewAudit returns the use-cases on the trail.
func NewAudit(trail *Trail) *Audit { return &Audit{trail: trail} }

// List returns a page of the events that the query asks for.
func (s *Audit) List(ctx context.Context, actor domain.Actor, query domain.AuditQuery) (Page[domain.AuditEvent], error) {
	return account(ctx, s.trail, actor, domain.AuditRead, on(domain.AboutAudit, 0), func(e *entry) (Page[domain.AuditEvent], error) {
		filter, page, err := query.Parse()
		if err != nil {
			return Page[domain.AuditEvent]{}, err
		}
		if filter.About != (domain.Reference{}) {
			e.about(filter.About.Kind, filter.About.ID)
		}
		return s.list(ctx, e, filter, page)
	})
}

// Accesses returns a page of the events about a patient, deleted or not: the
// accounting that a patient may ask for (45 CFR 164.528).
func (s *Audit) Accesses(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.PageInput) (Page[domain.AuditEvent], error) {
	return account(ctx, s.trail, actor, domain.AuditRead, on(domain.AboutAudit, 0), func(e *entry) (Page[domain.AuditEvent], error) {
		page, err := in.Parse()
		if err != nil {
			return Page[domain.AuditEvent]{}, err
		}
		e.about(domain.AboutPatient, patient)
		return s.list(ctx, e, domain.AuditFilter{About: domain.Reference{Kind: domain.AboutPatient, ID: patient}}, page)
	})
}

// maxEvents bounds a page, however much a caller asks for: an event of a list may
// name some thousand records.
const maxEvents = 200

func (s *Audit) list(ctx context.Context, e *entry, filter domain.AuditFilter, page domain.Page) (Page[domain.AuditEvent], error) {
	page.Limit = min(page.Limit, maxEvents)
	return list(ctx, e, page, func(event domain.AuditEvent) domain.ID { return event.ID },
		func(tx ports.Tx, page domain.Page) ([]domain.AuditEvent, error) {
			return tx.Audit().List(ctx, filter, page)
		})
}
