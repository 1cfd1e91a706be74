package application

import (
	"context"
	"maps"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// AccessReport is one part of the report of all accesses to a patient's records, for the
// patient: a line for each day, person and kind of use. The zero AccessReport is what
// comes before the first part.
type AccessReport struct {
	Page[domain.DailyUse]
	// open are the uses that are counted and not in a part yet, because more of the
	// same day can follow.
	open domain.DailyUses
}

// VisibleTo returns what actor may see of the part.
func (r AccessReport) VisibleTo(actor domain.Actor) AccessReport {
	r.Page = r.Page.VisibleTo(actor)
	return r
}

const (
	// maxReportPages bounds how many pages of events are read for one part.
	maxReportPages = 50
	// maxOpenUses bounds how many uses a part leaves open: far more than a clinic has
	// in two days.
	maxOpenUses = 10_000
)

// ReportAccesses returns the part of the report that follows another one. Parts leave
// an event each, which is found by the patient; it names no events, as the report
// shows none.
//
// A day is reported once events have come that are so much later that no other of that
// day is left, as far as clocks are right (ports.MaxEventSkew). Where they are not, a
// line can come in two, with the times of each.
func (s *Audit) ReportAccesses(ctx context.Context, actor domain.Actor, patient domain.ID, before AccessReport) (AccessReport, error) {
	about := domain.Reference{Kind: domain.SubjectPatient, ID: patient}
	a := attempt{by: actor, to: domain.AuditRead, on: some(domain.SubjectAudit), naming: []domain.Reference{about}}
	return read(ctx, s.trail, a, func(tx ports.Tx, _ *entry) (AccessReport, error) {
		part := AccessReport{Page: Page[domain.DailyUse]{Next: before.Next}, open: domain.DailyUses{}}
		maps.Copy(part.open, before.open)
		var closed domain.Date
		for range maxReportPages {
			events, err := tx.Audit().List(ctx, domain.AuditFilter{Record: about}, domain.Page{After: part.Next, Limit: maxEvents})
			if err != nil {
				return AccessReport{}, err
			}
			for _, event := range events {
				part.open[domain.UseKindOf(event)]++
				if day := domain.DateOf(event.At.Add(-ports.MaxEventSkew)); day.String() > closed.String() {
					closed = day
				}
				part.Next = event.ID
			}
			if len(events) < maxEvents {
				part.Next = 0
				break
			}
		}
		if part.Next == 0 || len(part.open) > maxOpenUses {
			closed = domain.Date{}
		}
		part.Items = part.open.TakeBefore(closed)
		err := addNames(ctx, tx, part.Items,
			func(use *domain.DailyUse) domain.ID { return use.User },
			func(use *domain.DailyUse, name string) { use.ActorName = name })
		return part, err
	})
}
