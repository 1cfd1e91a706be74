package console

import (
	"slices"
	"time"

	"example.com/healthcare/domain"
)

func (c *console) auditRoutes() []route {
	return []route{
		get("audit/{$}", c.showAudit),
		post("audit/{$}", c.askForAudit),
		post("audit/export/{$}", c.exportAudit),
	}
}

// auditPage is the content of the page of the audit trail.
type auditPage struct {
	form
	// Filtered says that the page does not show all events.
	Filtered bool
	Events   []auditRow
	Pager    pager
	Trail    trailState
	// Query is what the list was asked for, sealed for the form that exports it.
	Query string
}

// auditRow is one event in words.
type auditRow struct {
	At            time.Time
	Who           namedLink
	What          string
	Records       []namedLink
	More          int
	Outcome       string
	Done          bool
	Address       string
	RequestID     string
	VersionNumber int
}

// showAudit is the page of the audit trail, with the newest events first.
func (c *console) showAudit(p *page) error {
	asked := p.asked()
	query := p.auditQuery(asked)
	query.Page = p.pageInput(linesOfList)
	found, err := c.Audit.List(p.ctx(), p.actor, query)
	if err != nil {
		return err
	}
	content := auditPage{form: p.auditForm(asked), Filtered: len(asked) > 0, Pager: pagerOf(p, found), Query: p.r.URL.Query().Get(queryParameter)}
	if content.Events, err = p.auditRows(found.Items); err != nil {
		return err
	}
	if content.Trail, err = p.trailState(); err != nil {
		return err
	}
	return p.show("audit", p.T("nav.audit"), content)
}

// auditRows returns the events as the page shows them.
func (p *page) auditRows(events []domain.AuditEventView) ([]auditRow, error) {
	var users []domain.ID
	for _, event := range events {
		for _, record := range recordsOf(event) {
			if record.Kind == domain.SubjectUser {
				users = append(users, record.ID)
			}
		}
	}
	names, err := p.userNames(users...)
	if err != nil {
		return nil, err
	}
	rows := make([]auditRow, len(events))
	for i, event := range events {
		origin := event.Actor.Origin
		rows[i] = auditRow{
			At: event.At, Who: p.auditActor(event), What: p.deed(event.Action, event.Outcome),
			Outcome: p.outcome(event.Outcome), Done: event.Outcome == domain.Allowed,
			RequestID: origin.RequestID, VersionNumber: event.Version,
		}
		if origin.Address.IsValid() {
			rows[i].Address = origin.Address.String()
		}
		rows[i].Records, rows[i].More = p.auditRecords(event, names)
	}
	return rows, nil
}

// auditActor returns who caused an event.
func (p *page) auditActor(event domain.AuditEventView) namedLink {
	who := namedLink{Name: p.callerName(event.Actor.UserID, event.Actor.Role, event.ActorName)}
	if event.Actor.UserID != 0 {
		who.Link = p.link("users/{id}/", event.Actor.UserID)
	}
	return who
}

// outcome says in words whether something was done.
func (p *page) outcome(outcome domain.Outcome) string {
	switch outcome {
	case domain.Allowed:
		return p.T("audit.allowed")
	case domain.Denied:
		return p.T("audit.denied")
	case domain.Failed:
	}
	return p.T("audit.failed")
}

// refused says in words that something was not done. It is empty if it was.
func (p *page) refused(outcome domain.Outcome) string {
	if outcome == domain.Allowed {
		return ""
	}
	return p.outcome(outcome)
}

// maxAuditRecords is how many records of one event are shown.
const maxAuditRecords = 5

// recordsOf returns the first records that an event names, each once: its subject and the
// records that it concerns besides.
func recordsOf(event domain.AuditEventView) (records []domain.Reference) {
	add := func(record domain.Reference) {
		if record.ID != 0 && len(records) < maxAuditRecords && !slices.Contains(records, record) {
			records = append(records, record)
		}
	}
	add(domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID})
	for _, id := range event.Subject.Shown[:min(len(event.Subject.Shown), maxAuditRecords)] {
		add(domain.Reference{Kind: event.Subject.Kind, ID: id})
	}
	for _, record := range event.Related[:min(len(event.Related), maxAuditRecords)] {
		add(record)
	}
	return records
}

// auditRecords returns the records of an event, and how many more of its list there are.
func (p *page) auditRecords(event domain.AuditEventView, names map[domain.ID]string) (shown []namedLink, more int) {
	for _, record := range recordsOf(event) {
		link := namedLink{}
		switch record.Kind {
		case domain.SubjectPatient:
			link = namedLink{p.T("audit.patient_number", record.ID), p.link("patients/{id}/", record.ID)}
		case domain.SubjectDoctor:
			link = namedLink{p.T("audit.doctor_number", record.ID), p.link("doctors/{id}/", record.ID)}
		case domain.SubjectUser:
			link = namedLink{names[record.ID], p.link("users/{id}/", record.ID)}
		case domain.SubjectMapping:
			link.Name = p.T("audit.assignment_number", record.ID)
		case domain.SubjectSession:
			link.Name = p.T("audit.session_number", record.ID)
		case domain.SubjectAudit:
			link.Name = p.T("audit.event_number", record.ID)
		}
		shown = append(shown, link)
	}
	return shown, max(0, len(event.Subject.Shown)-maxAuditRecords)
}
