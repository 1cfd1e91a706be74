package console

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// accessReport is the report of all uses of a patient's record, for the patient.
type accessReport struct {
	Patient domain.ID
	At      time.Time
	Days    []dayOfUses
}

// dayOfUses are the uses of one day.
type dayOfUses struct {
	Day  domain.Date
	Uses []usesOfOne
}

// usesOfOne says how often one user did something on a day.
type usesOfOne struct {
	Who, What string
	// Refused says in words that it was refused or failed. It is empty otherwise.
	Refused string
	Times   int
}

// showAccessReport shows the whole report on one page, which can be printed.
func (c *console) showAccessReport(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	content := accessReport{Patient: id, At: p.Clock()}
	var part application.AccessReport
	for {
		if part, err = c.Audit.ReportAccesses(p.ctx(), p.actor, id, part); err != nil {
			return err
		}
		for _, use := range part.Items {
			content.add(use.Day, usesOfOne{
				Who: p.callerName(use.User, use.Role, use.ActorName), What: p.deedOnRecord(use.Action, use.Outcome), Refused: p.refused(use.Outcome), Times: use.Times,
			})
		}
		if part.Next == "" {
			break
		}
	}
	name, err := p.patientName(id)
	if err != nil {
		return err
	}
	return p.show("access-report", p.T("accesses.report_title", name.Name), content)
}

// add adds a line to the report, whose lines are in the order of their days.
func (r *accessReport) add(day domain.Date, uses usesOfOne) {
	if last := len(r.Days) - 1; last < 0 || r.Days[last].Day != day {
		r.Days = append(r.Days, dayOfUses{Day: day})
	}
	last := &r.Days[len(r.Days)-1]
	last.Uses = append(last.Uses, uses)
}
