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
	if err := p.reserveTexts(1); err != nil {
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
	switch days := int(now.Sub(born).Hours() / 24); {
	case days > 1:
		return p.T("patient.days", days)
	case days == 1:
		return p.T("patient.day")
	}
	return p.T("patient.born_today")
}

// Age is the age of a patient in a list.
func (v view) Age(birth domain.Date) string { return v.Page.age(birth) }
