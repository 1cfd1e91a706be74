package console

import (
	"slices"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) assignmentRoutes() []route {
	return []route{
		get("patients/{id}/assignments/{$}", c.showAssignments),
		post("patients/{id}/assignments/{$}", c.assign),
		post("patients/{id}/assignments/{assignment}/end/{$}", c.endAssignment),
	}
}

// doctorNameField is the field of the form that assigns a doctor.
const doctorNameField = "doctor_name"

// assignedPanel is the content of template "assigned-doctors": the doctors of a patient and the
// form that assigns another one.
type assignedPanel struct {
	Patient     domain.ID
	Assignments []domain.Assignment
	Pager       pager
	Form        form
}

// assignedDoctors returns the first doctors of a patient. The pager leads to the page with the
// others.
func (p *page) assignedDoctors(patient domain.ID) (assignedPanel, error) {
	found, err := p.Mappings.List(p.ctx(), p.actor, domain.Parameters{"patient_id": domain.Given(patient.String())})
	panel := p.newAssignedPanel(patient, found.Items)
	if found.Next != "" {
		panel.Pager.Next = p.link("patients/{id}/assignments/", patient)
	}
	return panel, err
}

// newAssignedPanel returns the panel with an empty form.
func (p *page) newAssignedPanel(patient domain.ID, assignments []domain.Assignment) assignedPanel {
	return assignedPanel{
		Patient: patient, Assignments: assignments,
		Form: form{
			Action: p.link("patients/{id}/assignments/", patient),
			Once:   newOnce(),
			Fields: []field{{
				Name: doctorNameField, Label: p.T("assigned.name"), Hint: p.T("assigned.name_hint"), Type: "text", Required: true, Autocomplete: "off",
			}},
			Submit: p.T("assigned.assign"),
		},
	}
}

// assignmentsPage is the content of the page with the assigned doctors alone. It has the whole
// list, and the form again after it could not be done.
type assignmentsPage struct {
	Assigned assignedPanel
	// Problem says why an assignment could not be ended.
	Problem string
	Pager   pager
}

// isAssigned reports whether a doctor is one of those who are shown as assigned.
func (a assignedPanel) isAssigned(doctor domain.ID) bool {
	return slices.ContainsFunc(a.Assignments, func(assignment domain.Assignment) bool { return assignment.Doctor.ID == doctor })
}

// showAssignments is the page with all doctors of a patient, for those who have many.
func (c *console) showAssignments(p *page) error {
	patient, err := p.id("id")
	if err != nil {
		return err
	}
	parameters := p.parameters(nil)
	parameters["patient_id"] = domain.Given(patient.String())
	found, err := c.Mappings.List(p.ctx(), p.actor, parameters)
	if err != nil {
		return err
	}
	return p.showAssigned(nil, assignmentsPage{Assigned: p.newAssignedPanel(patient, found.Items), Pager: pagerOf(p, found)})
}

// showAssigning shows the doctors of a patient and the form with what was typed, after a form
// was refused because of refusal. change adds what is wrong.
func (p *page) showAssigning(refusal error, change func(*assignmentsPage)) error {
	patient, err := p.id("id")
	if err != nil {
		return err
	}
	panel, err := p.assignedDoctors(patient)
	if err != nil {
		return err
	}
	if p.form.Has(onceField) {
		panel.Form.Once = p.form.Get(onceField)
	}
	panel.Form.Fields = p.filled(panel.Form.Fields)
	content := assignmentsPage{Assigned: panel}
	change(&content)
	return p.showAssigned(refusal, content)
}

// showAssigned shows the page with the assigned doctors alone. refusal is why its form was refused,
// nil at first.
func (p *page) showAssigned(refusal error, content assignmentsPage) error {
	patient, err := p.Patients.Get(p.ctx(), p.actor, content.Assigned.Patient, withoutTexts)
	if err != nil {
		return err
	}
	if refusal != nil {
		return p.showAgain(refusal, "assignments", p.T("assigned.page", patient.Name), content)
	}
	return p.show("assignments", p.T("assigned.page", patient.Name), content)
}

// refuseAssigning shows the form again with what is wrong with the doctor.
func (p *page) refuseAssigning(refusal error, problem string) error {
	return p.showAssigning(refusal, func(content *assignmentsPage) {
		field := &content.Assigned.Form.Fields[0]
		field.Errors, field.Focus = []string{problem}, true
	})
}

// askWhichDoctor shows the form again with several doctors to choose from.
func (p *page) askWhichDoctor(found application.Page[domain.Doctor]) error {
	return p.showAssigning(errTyped, func(content *assignmentsPage) {
		several := p.doctorMatches(found)
		for i, doctor := range found.Items {
			if content.Assigned.isAssigned(doctor.ID) {
				several.Items[i].Taken = p.T("assigned.is_assigned")
			}
		}
		field := &content.Assigned.Form.Fields[0]
		field.Focus = true
		p.askWhich(field, several)
	})
}

// assign assigns the doctor that was chosen, or the only one with the name that was typed.
func (c *console) assign(p *page) error {
	patient, err := p.id("id")
	if err != nil {
		return err
	}
	once, err := p.once()
	if err != nil {
		return err
	}
	found, err := p.doctorsToAssign()
	switch {
	case domain.KindOf(err) == domain.NotFound:
		return p.refuseAssigning(errTyped, p.T("assigned.gone"))
	case domain.KindOf(err) == domain.Invalid && err != nil:
		return p.refuseAssigning(errTyped, p.T("assigned.bad_name"))
	case err != nil:
		return err
	case len(found.Items) == 0:
		return p.refuseAssigning(errTyped, p.T("assigned.none"))
	case len(found.Items) > 1:
		return p.askWhichDoctor(found)
	}
	doctor := found.Items[0]
	_, err = c.Mappings.Assign(p.ctx(), p.actor, once, domain.MappingInput{
		Patient: domain.Given(patient.String()), Doctor: domain.Given(doctor.ID.String()),
	})
	switch {
	case domain.KindOf(err) == domain.Conflict:
		return p.refuseAssigning(err, p.T("assigned.already", doctor.Name))
	case domain.KindOf(err) == domain.Invalid && err != nil: // The patient or the doctor was deleted.
		return p.refuseAssigning(errTyped, p.T("assigned.gone"))
	case err != nil:
		return err
	}
	return p.redirectWith(notice{Text: p.T("assigned.done", doctor.Name)}, "patients/{id}/", patient)
}

// doctorsToAssign returns the doctor who was chosen, or those with the name that was typed.
func (p *page) doctorsToAssign() (found application.Page[domain.Doctor], err error) {
	chosen := p.chosenMatch(doctorNameField)
	if chosen == "" {
		return p.findDoctors(p.form.Get(doctorNameField), maxMatches)
	}
	id, err := domain.ParseID(numberInput(chosen).Text())
	if err != nil {
		return found, domain.ErrNotFound()
	}
	doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, nil)
	found.Items = []domain.Doctor{doctor}
	return found, err
}

// findDoctors returns the doctors that a search with these words finds, by name. Without words
// it finds nobody.
func (p *page) findDoctors(words string, limit int) (found application.Page[domain.Doctor], err error) {
	parameters := searchFor(words, "name", limit)
	if !parameters.HasSearch() {
		return found, nil
	}
	return p.Doctors.List(p.ctx(), p.actor, parameters)
}

// endAssignment ends an assignment. The notice offers to undo it.
func (c *console) endAssignment(p *page) error {
	patient, err := p.id("id")
	if err != nil {
		return err
	}
	assignment, err := p.id("assignment")
	if err != nil {
		return err
	}
	err = c.Mappings.Unassign(p.ctx(), p.actor, assignment, p.expected())
	switch {
	case err == nil:
		return p.redirectWith(notice{Text: p.T("assigned.ended"), Undo: "assignments/" + assignment.String() + "/restore/"}, "patients/{id}/", patient)
	case domain.KindOf(err) == domain.NotFound, domain.KindOf(err) == domain.PreconditionFailed:
		// The notice of a form that was sent twice stays for the patient's page.
		return p.showAssigning(err, func(content *assignmentsPage) { content.Problem = p.T("assigned.not_ended") })
	default:
		return err
	}
}
