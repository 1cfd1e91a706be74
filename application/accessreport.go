package application

import (
	"context"
	"maps"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// AccessReport is one part of a report for a patient about all accesses to the patient's
// records. It has a line for each day, user and kind of use. The zero AccessReport precedes the
// first part.
type AccessReport struct {
	Page[domain.DailyUse]
	// open are the uses that were counted and are in no part yet, because more uses of the
	// same day can follow.
	open domain.DailyUses
	// last is the last event that was read.
	last domain.ID
}

// VisibleTo returns the part with the fields that actor may see.
func (r AccessReport) VisibleTo(actor domain.Actor) AccessReport {
	r.Page = r.Page.VisibleTo(actor)
	return r
}

const (
	// maxReportPages bounds how many pages of events one part reads.
	maxReportPages = 50
	// maxOpenUses bounds the open uses. It is far more than a clinic has in two days.
	maxOpenUses = 10_000
)

// ReportAccesses returns the part of the report that follows before. Each part leaves one audit
// event, which names the patient.
//
// A day is reported once an event was read that is later than the day by ports.MaxEventSkew: no
// more events of the day follow then, unless a clock was wrong by more than that. In this case
// the day can have two lines for the same use.
func (s *Audit) ReportAccesses(ctx context.Context, actor domain.Actor, patient domain.ID, before AccessReport) (AccessReport, error) {
	about := domain.Reference{Kind: domain.SubjectPatient, ID: patient}
	c := call{actor: actor, permission: domain.AuditRead, kind: domain.SubjectAudit, named: []domain.Reference{about}}
	return runView(ctx, s.trail, c, func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (AccessReport, error) {
		part := AccessReport{open: domain.DailyUses{}, last: before.last}
		maps.Copy(part.open, before.open)
		var closed domain.Date
		for range maxReportPages {
			events, err := tx.Audit().List(ctx, domain.AuditFilter{Record: about}, domain.Page{After: part.last, Limit: maxEvents})
			if err != nil {
				return AccessReport{}, err
			}
			for _, event := range events {
				part.open[domain.UseKindOf(event)]++
				if day := domain.DateOf(event.At.Add(-ports.MaxEventSkew)); day.String() > closed.String() {
					closed = day
				}
				part.last = event.ID
			}
			part.Next = part.last.String()
			if len(events) < maxEvents {
				part.Next = ""
				break
			}
		}
		if part.Next == "" || len(part.open) > maxOpenUses {
			closed = domain.Date{}
		}
		part.Items = part.open.TakeBefore(closed)
		err := addNames(ctx, tx, part.Items,
			func(use *domain.DailyUse) domain.ID { return use.User },
			func(use *domain.DailyUse, name string) { use.ActorName = name })
		return part, err
	})
}
