package console

import (
	"net/url"
	"slices"
	"time"

	"example.com/healthcare/domain"
)

func (c *console) accessRoutes() []route {
	return []route{
		get("patients/{id}/accesses/{$}", c.showAccesses),
		post("patients/{id}/accesses/{$}", c.askForAccesses),
		get("patients/{id}/accesses/report/{$}", c.showAccessReport),
	}
}

// accessFilters are those fields of the form that filters the trail which filter the uses of
// one patient's record.
var accessFilters = []string{"actor", "from", "to"}

// accessesPage shows who has used a patient's record.
type accessesPage struct {
	form
	Patient domain.ID
	// Record is the address of the patient, empty if the patient is deleted.
	Record string
	// Trail is the address of the audit trail with the same events, which exports them.
	Trail string
	// Filtered says that the page does not show all uses.
	Filtered bool
	Accesses []shownAccess
	Pager    pager
}

// shownAccess is one use of a patient's record.
type shownAccess struct {
	At time.Time
	// Who did What, in words.
	Who  namedLink
	What string
	// Refused says in words that it was refused or failed. It is empty otherwise.
	Refused string
	Address string
}

// showAccesses shows who has seen or changed a patient's record, the latest first.
func (c *console) showAccesses(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	asked := p.asked()
	query := p.auditQuery(asked)
	query.Patient, query.Page = domain.Given(id.String()), p.pageInput(linesOfList)
	events, err := c.Audit.List(p.ctx(), p.actor, query)
	if err != nil {
		return err
	}
	content := accessesPage{form: p.accessForm(id, asked), Filtered: len(asked) > 0, Pager: pagerOf(p, events)}
	for _, event := range events.Items {
		shown := shownAccess{
			At: event.At, Who: p.auditActor(event), What: p.deedOnRecord(event.Action, event.Outcome),
			Refused: p.refused(event.Outcome),
		}
		if address := event.Actor.Origin.Address; address.IsValid() {
			shown.Address = address.String()
		}
		content.Accesses = append(content.Accesses, shown)
	}
	return p.showAccessesPage(nil, id, content)
}

// accessForm returns the form that filters the uses of a patient's record.
func (p *page) accessForm(patient domain.ID, asked url.Values) form {
	content := p.auditForm(asked)
	content.Action = p.link("patients/{id}/accesses/", patient)
	content.Fields = slices.DeleteFunc(content.Fields, func(field field) bool { return !slices.Contains(accessFilters, field.Name) })
	return content
}

// showAccessesPage shows the page with the name of the patient, who can be deleted. refusal is
// why its form was refused, nil at first.
func (p *page) showAccessesPage(refusal error, id domain.ID, content accessesPage) error {
	name, err := p.patientName(id)
	if err != nil {
		return err
	}
	content.Patient = id
	if !name.Deleted {
		content.Record = p.link("patients/{id}/", id)
	}
	if refusal != nil {
		return p.showAgain(refusal, "accesses", p.T("accesses.title", name.Name), content)
	}
	asked := p.asked()
	asked.Set("patient", numberedName(name.Name, id))
	content.Trail = p.listLink("audit/", asked)
	return p.show("accesses", p.T("accesses.title", name.Name), content)
}

// askForAccesses answers the form that filters the uses of a patient's record.
func (c *console) askForAccesses(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	content, asked, err := p.readFilters(p.accessForm(id, p.form))
	if err != nil {
		return err
	}
	if content.HasErrors() {
		return p.showAccessesPage(errTyped, id, accessesPage{form: content, Filtered: true})
	}
	p.form = asked
	return p.redirectToList("patients/{id}/accesses/", id)
}
