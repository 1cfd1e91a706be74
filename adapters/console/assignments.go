package console

import (
	"net/http"
	"slices"
	"strconv"

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

// The fields of the form that assigns a doctor.
const (
	// doctorNameField is the name as it was typed.
	doctorNameField = "doctor_name"
	// doctorField is the id of a doctor that was chosen. It is left out while only a name was
	// typed.
	doctorField = "doctor"
)

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
	// Choices are the doctors to choose from, after a name that several have.
	Choices []domain.Doctor
	// More says that further doctors have the name.
	More bool
}

// IsAssigned reports whether a doctor is one of those who are shown as assigned.
func (a assignedPanel) IsAssigned(doctor domain.ID) bool {
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
	return p.showAssigned(http.StatusOK, assignmentsPage{Assigned: p.newAssignedPanel(patient, found.Items), Pager: pagerOf(p, found)})
}

// showAssigning shows the doctors of a patient and the form with what was typed, after a form
// could not be done. change adds what is wrong.
func (p *page) showAssigning(status int, change func(*assignmentsPage)) error {
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
	return p.showAssigned(status, content)
}

// showAssigned shows the page with the assigned doctors alone.
func (p *page) showAssigned(status int, content assignmentsPage) error {
	patient, err := p.Patients.Get(p.ctx(), p.actor, content.Assigned.Patient, nil)
	if err != nil {
		return err
	}
	return p.showStatus(status, "assignments", p.T("assigned.page", patient.Name), content)
}

// refuseAssigning shows the form again with what is wrong with the doctor.
func (p *page) refuseAssigning(status int, problem string) error {
	return p.showAssigning(status, func(content *assignmentsPage) { content.Assigned.Form.Fields[0].Errors = []string{problem} })
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
		return p.refuseAssigning(http.StatusUnprocessableEntity, p.T("assigned.gone"))
	case domain.KindOf(err) == domain.Invalid && err != nil:
		return p.refuseAssigning(http.StatusUnprocessableEntity, p.T("assigned.bad_name"))
	case err != nil:
		return err
	case len(found.Items) == 0:
		return p.refuseAssigning(http.StatusUnprocessableEntity, p.T("assigned.none"))
	case len(found.Items) > 1:
		return p.showAssigning(http.StatusOK, func(content *assignmentsPage) {
			content.Choices, content.More = found.Items, found.Next != ""
		})
	}
	doctor := found.Items[0]
	_, err = c.Mappings.Assign(p.ctx(), p.actor, once, domain.MappingInput{
		Patient: domain.Given(patient.String()), Doctor: domain.Given(doctor.ID.String()),
	})
	switch {
	case domain.KindOf(err) == domain.Conflict:
		return p.refuseAssigning(http.StatusConflict, p.T("assigned.already", doctor.Name))
	case domain.KindOf(err) == domain.Invalid && err != nil: // The patient or the doctor was deleted.
		return p.refuseAssigning(http.StatusUnprocessableEntity, p.T("assigned.gone"))
	case err != nil:
		return err
	}
	return p.redirectWith(notice{Text: p.T("assigned.done", doctor.Name)}, "patients/{id}/", patient)
}

// doctorsToAssign returns the doctor with the id that was chosen, or those with the name that
// was typed.
func (p *page) doctorsToAssign() (found application.Page[domain.Doctor], err error) {
	if p.form.Get(doctorField) == "" {
		return p.findDoctors(p.form.Get(doctorNameField), maxChoices)
	}
	id, err := domain.ParseID(p.form.Get(doctorField))
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
	parameters := domain.Parameters{
		"search": domain.Given(words), "ordering": domain.Given("name"), "limit": domain.Given(strconv.Itoa(limit)),
	}
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
	status, _ := statusOf(err)
	switch {
	case err == nil:
		return p.redirectWith(notice{Text: p.T("assigned.ended"), Undo: "assignments/" + assignment.String() + "/restore/"}, "patients/{id}/", patient)
	case domain.KindOf(err) == domain.NotFound, domain.KindOf(err) == domain.PreconditionFailed:
		// The notice of a form that was sent twice stays for the patient's page.
		return p.showAssigning(status, func(content *assignmentsPage) { content.Problem = p.T("assigned.not_ended") })
	default:
		return err
	}
}
