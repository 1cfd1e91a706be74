package console

import (
	"net/http"

	"example.com/healthcare/domain"
)

// doctorFields returns the fields of the forms that add and change a doctor.
func (p *page) doctorFields(doctor domain.Doctor) []field {
	return []field{
		{Name: "name", Label: p.T("doctor.name"), Value: doctor.Name.String(), Type: "text", Required: true, Autocomplete: "off"},
		{Name: "specialization", Label: p.T("doctor.specialization"), Value: doctor.Specialization.String(), Type: "text", Required: true},
		{Name: "license_number", Label: p.T("doctor.license_number"), Value: doctor.LicenseNumber.String(), Type: "text", Required: true, Autocomplete: "off"},
		{Name: "salary", Label: p.T("doctor.salary"), Value: p.locale.TypedAmount(doctor.Salary), Type: "text", Required: true, Autocomplete: "off", InputMode: "decimal"},
	}
}

// doctorInput returns the fields of the form for a use-case.
func (p *page) doctorInput() domain.DoctorInput {
	return domain.DoctorInput{
		Name: p.input("name"), Specialization: p.input("specialization"), LicenseNumber: p.input("license_number"), Salary: p.amountInput("salary"),
	}
}

func (p *page) newDoctorForm() form {
	return form{Fields: p.doctorFields(domain.Doctor{}), Once: newOnce(), Submit: p.T("doctors.add"), Cancel: p.link("doctors/")}
}

func (c *console) showNewDoctor(p *page) error {
	if err := domain.Authorize(p.actor, domain.DoctorCreate); err != nil {
		return err
	}
	return p.show("doctor-form", p.T("doctors.add"), p.newDoctorForm())
}

func (c *console) addDoctor(p *page) error {
	once, err := p.once()
	if err != nil && p.can(domain.DoctorCreate) { // The use-case refuses, and records, anybody else.
		return err
	}
	doctor, err := c.Doctors.Create(p.ctx(), p.actor, once, p.doctorInput())
	if err == nil {
		return p.redirectWith(notice{Text: p.T("doctor.added", doctor.Name)}, "doctors/{id}/", doctor.ID)
	}
	content, ok := p.newDoctorForm().withErrors(err)
	if !ok {
		return err
	}
	content.Fields, content.Once = p.filled(content.Fields), p.form.Get(onceField)
	return p.showStatus(http.StatusUnprocessableEntity, "doctor-form", p.T("doctors.add"), content)
}

func (c *console) showEditDoctor(p *page) error {
	if err := domain.Authorize(p.actor, domain.DoctorUpdate); err != nil {
		return err
	}
	e, err := p.doctorEdit()
	if err != nil {
		return err
	}
	return e.show()
}

func (c *console) editDoctor(p *page) error {
	e, err := p.doctorEdit()
	if err != nil {
		return err
	}
	if !p.can(domain.DoctorUpdate) { // The use-case refuses and records it, whatever was sent.
		return e.store(p.expected())
	}
	return e.save()
}

func (p *page) doctorEdit() (edit[domain.Doctor], error) {
	id, err := p.id("id")
	return edit[domain.Doctor]{
		page:   p,
		title:  func(doctor domain.Doctor) string { return p.T("doctor.edit_title", doctor.Name) },
		inputs: p.doctorFields,
		read: func() (domain.Doctor, domain.ETag, error) {
			doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, nil)
			return doctor, doctor.ETag(), err
		},
		version: func(number domain.ID) (domain.VersionView[domain.Doctor], error) {
			return p.Doctors.GetVersion(p.ctx(), p.actor, id, number)
		},
		apply: func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Replace(p.doctorInput()) },
		store: func(expected domain.Precondition) error {
			_, err := p.Doctors.Replace(p.ctx(), p.actor, id, expected, p.doctorInput())
			return err
		},
		done: "doctors/" + id.String() + "/",
	}, err
}

// doctorDeletion is the content of the page that asks before a doctor is deleted.
type doctorDeletion struct {
	domain.Doctor
	// Assignments is how many end with the deletion.
	Assignments int
	// Changed says that the doctor was changed since the page was shown before.
	Changed bool
}

func (c *console) showDeleteDoctor(p *page) error { return p.askToDeleteDoctor(http.StatusOK) }

// askToDeleteDoctor shows what a deletion will do.
func (p *page) askToDeleteDoctor(status int) error {
	if err := domain.Authorize(p.actor, domain.DoctorDelete); err != nil {
		return err
	}
	id, err := p.id("id")
	if err != nil {
		return err
	}
	doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, nil)
	if err != nil {
		return err
	}
	found, err := p.Mappings.List(p.ctx(), p.actor, domain.Parameters{
		"doctor_id": domain.Given(id.String()), "limit": domain.Given("1"), "count": domain.Given("true"),
	})
	if err != nil {
		return err
	}
	content := doctorDeletion{doctor, *found.Total, status == http.StatusPreconditionFailed}
	return p.showStatus(status, "doctor-delete", p.T("doctor.delete_title", doctor.Name), content)
}

func (c *console) deleteDoctor(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	err = c.Doctors.Delete(p.ctx(), p.actor, id, p.expected())
	switch {
	case err == nil:
		return p.redirectWith(notice{Text: p.T("doctor.deleted"), Undo: "doctors/" + id.String() + "/restore/"}, "doctors/")
	case domain.KindOf(err) == domain.PreconditionFailed:
		return p.askToDeleteDoctor(http.StatusPreconditionFailed)
	default:
		return err
	}
}
