package console

import (
	"bufio"
	"cmp"
	"context"
	"iter"
	"net/http"
	"time"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// accessReport is the report of all uses of a patient's record, for the patient.
type accessReport struct {
	Patient domain.ID
	At      time.Time
	// Uses are read while the page is being sent.
	Uses iter.Seq[dailyUse]
}

// dailyUse says how often one user did something on a day.
type dailyUse struct {
	Day       domain.Date
	Who, What string
	// Refused says in words that it was refused or failed. It is empty otherwise.
	Refused string
	Times   int
}

// showAccessReport shows the whole report on one page, which can be printed. It can be long, and
// is sent in parts like an export: if a later part fails, the connection is closed.
func (c *console) showAccessReport(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	if err := p.reserveTexts(1); err != nil { // For the name of a deleted patient.
		return err
	}
	if err := p.reserveExport(); err != nil {
		return err
	}
	read := func(before application.AccessReport) (application.AccessReport, error) {
		return httpserver.WithExtraTime(p.w, p.r, func(ctx context.Context) (application.AccessReport, error) {
			return c.Audit.ReportAccesses(ctx, p.actor, id, before)
		})
	}
	part, err := read(application.AccessReport{})
	if err != nil {
		return err
	}
	name, err := p.patientName(id)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(p.w)
	var failed error
	uses := func(yield func(dailyUse) bool) {
		for {
			for _, use := range part.Items {
				if !yield(p.dailyUse(use)) {
					return
				}
			}
			if part.Next == "" || p.r.Method == http.MethodHead {
				return
			}
			if failed = p.flush(out); failed == nil {
				part, failed = read(part)
			}
			if failed != nil {
				return
			}
		}
	}
	v := view{Page: p, Title: p.T("accesses.report_title", name.Name), Content: accessReport{id, p.Clock(), uses}, Notice: p.takeNotice()}
	p.setHeader()
	err = p.execute(out, "access-report", v)
	if failed == nil && err == nil { // Otherwise the end of the page is not sent.
		failed = p.flush(out)
	}
	if failed != nil || err != nil {
		p.request.Fail(cmp.Or(failed, err))
	}
	return nil
}

// dailyUse returns a line of the report.
func (p *page) dailyUse(use domain.DailyUse) dailyUse {
	return dailyUse{
		Day: use.Day, Who: p.callerName(use.User, use.Role, use.ActorName), What: p.deedOnRecord(use.Action, use.Outcome),
		Refused: p.refused(use.Outcome), Times: use.Times,
	}
}

// flush sends what was written.
func (p *page) flush(out *bufio.Writer) error {
	if err := httpserver.ExtendWriteDeadline(p.w); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	return http.NewResponseController(p.w).Flush()
}
