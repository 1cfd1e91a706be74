package console

import "example.com/healthcare/domain"

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

// newDoctorForm is the empty form for a new doctor.
func (p *page) newDoctorForm(once string) form {
	return form{Fields: p.doctorFields(domain.Doctor{}), Once: once, Submit: p.T("doctors.add"), Cancel: p.link("doctors/")}
}

// showAddDoctor is the form for a new doctor.
func (c *console) showAddDoctor(p *page) error {
	if err := domain.Authorize(p.actor, domain.DoctorCreate); err != nil {
		return err
	}
	content := p.newDoctorForm(newOnce())
	content.Fields[0].Focus = true
	return p.show("form", p.T("doctors.add"), content)
}

// addDoctor adds a doctor.
func (c *console) addDoctor(p *page) error {
	once, err := p.once()
	if err != nil && p.can(domain.DoctorCreate) { // The use-case refuses, and records, anybody else.
		return err
	}
	doctor, err := c.Doctors.Create(p.ctx(), p.actor, once, p.doctorInput())
	if err == nil {
		return p.redirectWith(notice{Text: p.T("doctor.added", doctor.Name)}, "doctors/{id}/", doctor.ID)
	}
	content, ok := p.withErrors(p.newDoctorForm(p.form.Get(onceField)), err)
	if !ok {
		return err
	}
	return p.showAgain(err, "form", p.T("doctors.add"), content)
}

// editDoctor shows or saves the form that changes a doctor (see edit).
func (p *page) editDoctor(answer func(edit[domain.Doctor]) error) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	return answer(edit[domain.Doctor]{
		page:       p,
		permission: domain.DoctorUpdate,
		title:      func(doctor domain.Doctor) string { return p.T("doctor.edit_title", doctor.Name) },
		inputs:     p.doctorFields,
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
	})
}
