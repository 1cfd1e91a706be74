package console

import (
	"time"

	"example.com/healthcare/domain"
)

// patientPage is the content of a patient's page.
type patientPage struct {
	domain.PatientView
	Age          string
	Gender       string
	RegisteredBy string
	// Assigned are the doctors.
	Assigned assignedPanel
}

// showPatient is the page of one patient.
func (c *console) showPatient(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	patient, err := c.Patients.Get(p.ctx(), p.actor, id, nil)
	if err != nil {
		return err
	}
	content := patientPage{PatientView: patient, Age: p.age(patient.DateOfBirth), Gender: p.gender(patient.Gender)}
	names, err := p.userNames(patient.CreatedBy)
	if err != nil {
		return err
	}
	content.RegisteredBy = names[patient.CreatedBy]
	if content.Assigned, err = p.assignedDoctors(id); err != nil {
		return err
	}
	return p.show("patient", patient.Name.String(), content)
}

// genders are the genders that a record can have.
func (p *page) genders() []option {
	return []option{{"F", p.T("patient.female")}, {"M", p.T("patient.male")}, {"O", p.T("patient.other")}}
}

// gender returns the word for a gender, "" if it is unknown.
func (p *page) gender(gender domain.Gender) string {
	for _, option := range p.genders() {
		if option.Value == gender.String() {
			return option.Label
		}
	}
	return ""
}

// age returns how old somebody is: in years, in months up to two years, in days up to two
// months. It is "" if the birth date is unknown.
func (p *page) age(birth domain.Date) string {
	born, err := time.Parse(time.DateOnly, birth.String())
	if err != nil {
		return ""
	}
	now := p.Clock().UTC()
	months := 12*(now.Year()-born.Year()) + int(now.Month()-born.Month())
	if now.Day() < born.Day() {
		months--
	}
	switch {
	case months >= 24:
		return p.T("patient.years", months/12)
	case months >= 2:
		return p.T("patient.months", months)
	}
	if days := max(0, int(now.Sub(born).Hours()/24)); days != 1 {
		return p.T("patient.days", days)
	}
	return p.T("patient.day")
}

// Age is the age of a patient in a list.
func (v view) Age(birth domain.Date) string { return v.Page.age(birth) }

// deletion is the content of the page that asks before a patient is deleted.
type deletion struct {
	form
	Patient domain.PatientView
	Age     string
	// What says what will happen, one sentence each.
	What []string
}

// askToDeletePatient says what deleting a patient does, and asks. failed is why an earlier try
// was refused.
func (c *console) askToDeletePatient(p *page, status int, failed error) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	patient, err := c.Patients.Get(p.ctx(), p.actor, id, nil)
	if err != nil {
		return err
	}
	if err := domain.Authorize(p.actor, domain.PatientDelete); err != nil {
		return err
	}
	content := deletion{Patient: patient, Age: p.age(patient.DateOfBirth), form: form{
		ETag: string(patient.ETag()), Submit: p.T("patient_delete.submit"), Cancel: p.link("patients/{id}/", id),
	}}
	if failed != nil {
		content.Problems = []string{p.T("patient_delete.changed")}
	}
	content.What = []string{p.T("patient_delete.record")}
	switch n := len(patient.AssignedDoctors); n {
	case 0:
	case 1:
		content.What = append(content.What, p.T("patient_delete.assignment"))
	default:
		content.What = append(content.What, p.T("patient_delete.assignments", n))
	}
	content.What = append(content.What, p.T("patient_delete.undo"))
	return p.showStatus(status, "patient-delete", p.T("patient_delete.title", patient.Name), content)
}

// deletePatient deletes a patient. The notice offers to undo it.
func (c *console) deletePatient(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	err = c.Patients.Delete(p.ctx(), p.actor, id, p.expected())
	if domain.KindOf(err) == domain.PreconditionFailed {
		status, code := statusOf(err)
		p.request.SetCode(code)
		return c.askToDeletePatient(p, status, err)
	}
	if err != nil {
		return err
	}
	undo := "patients/" + id.String() + "/restore/"
	return p.redirectWith(notice{Text: p.T("patient_delete.done"), Undo: undo}, "patients/")
}

// editPatient answers the form that changes a patient.
func (c *console) editPatient(p *page, answer func(edit[domain.Patient]) error) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	if err := domain.Authorize(p.actor, domain.PatientUpdate); err != nil {
		return err
	}
	return answer(edit[domain.Patient]{
		page:   p,
		title:  func(patient domain.Patient) string { return p.T("patient.edit_title", patient.Name) },
		inputs: p.patientFields,
		read: func() (domain.Patient, domain.ETag, error) {
			patient, err := c.Patients.Get(p.ctx(), p.actor, id, nil)
			return patient.Patient, patient.ETag(), err
		},
		version: func(number domain.ID) (domain.VersionView[domain.Patient], error) {
			return c.Patients.GetVersion(p.ctx(), p.actor, id, number)
		},
		apply: func(patient domain.Patient) (domain.Patient, error) {
			return patient.Change(p.patientInput(), p.Clock())
		},
		store: func(expected domain.Precondition) error {
			_, err := c.Patients.Change(p.ctx(), p.actor, id, expected, p.patientInput())
			return err
		},
		done: "patients/" + id.String() + "/",
	})
}
