package console

import (
	"example.com/healthcare/domain"
)

// patientFields are the inputs of the form for a patient. Browsers must not keep what is typed,
// because it is about somebody else.
func (p *page) patientFields(patient domain.Patient) []field {
	birth := ""
	if !patient.DateOfBirth.IsZero() {
		birth = p.locale.TypedDate(patient.DateOfBirth)
	}
	return []field{
		{Name: "name", Label: p.T("patient.name"), Value: patient.Name.String(), Type: "text", Required: true, Autocomplete: "off", Hint: p.T("patient.only_name")},
		{
			Name: "date_of_birth", Label: p.T("patient.date_of_birth"), Value: birth, Type: "text", Kind: "date", Autocomplete: "off",
			Hint: p.T("patients.date_hint", p.locale.DateExample()),
		},
		{
			Name: "gender", Label: p.T("patient.gender"), Value: patient.Gender.String(), Type: "select",
			Options: append([]option{{"", p.T("patient.gender_unknown")}}, p.genders()...),
		},
		{Name: "phone_number", Label: p.T("patient.phone"), Value: patient.Phone.String(), Type: "tel", Autocomplete: "off"},
		{Name: "email", Label: p.T("patient.email"), Value: patient.Email.String(), Type: "email", Autocomplete: "off"},
		{Name: "address", Label: p.T("patient.address"), Value: patient.Address.String(), Type: "textarea"},
		{
			Name: "external_id", Label: p.T("patient.external_id"), Value: patient.ExternalID.String(), Type: "text", Autocomplete: "off",
			Hint: p.T("patient.external_id_hint"),
		},
		{Name: "medical_record", Label: p.T("patient.medical_record"), Value: patient.MedicalRecord.String(), Type: "textarea"},
	}
}

// patientInput returns what was sent. An empty field clears its value.
func (p *page) patientInput() domain.PatientInput {
	return domain.PatientInput{
		Name: p.input("name"), DateOfBirth: p.dateInput("date_of_birth"), Phone: p.input("phone_number"), Gender: p.input("gender"),
		Address: p.input("address"), MedicalRecord: p.input("medical_record"), Email: p.input("email"), ExternalID: p.input("external_id"),
	}
}

// addition is the content of the page that adds a patient.
type addition struct {
	form
	// Namesakes are the patients who are probably the same person.
	Namesakes []domain.PatientView
}

// newAddition is the form for a new patient with the values of a patient.
func (p *page) newAddition(patient domain.Patient, once string) addition {
	return addition{form: form{
		Fields: p.patientFields(patient), Once: once, Submit: p.T("patient.add"), Cancel: p.link("patients/"),
	}}
}

// showAddPatient is the form for a new patient. It has what was typed on the first page.
func (c *console) showAddPatient(p *page) error {
	if err := domain.Authorize(p.actor, domain.PatientCreate); err != nil {
		return err
	}
	p.form = p.asked()
	content := p.newAddition(domain.Patient{}, p.newPatientKey())
	content.Fields = p.filled(content.Fields)
	content.Fields[0].Focus = true
	return p.show("patient-add", p.T("patient.add_title"), content)
}

// addPatient adds a patient, after a warning if the patient is probably there already.
func (c *console) addPatient(p *page) error {
	once, err := p.once()
	if err != nil {
		return err
	}
	patient, err := domain.NewPatient(p.patientInput(), p.actor, p.Clock())
	if err != nil {
		return p.refuseAddition(err)
	}
	if p.form.Get(anywayField) != personOf(patient) {
		namesakes, err := c.namesakes(p, patient)
		if err != nil {
			return err
		}
		if len(namesakes) > 0 {
			return p.warnOfNamesakes(namesakes, personOf(patient))
		}
	}
	added, err := c.Patients.Create(p.ctx(), p.actor, once, p.patientInput())
	if err != nil {
		return p.refuseAddition(err)
	}
	return p.redirectWith(notice{Text: p.T("patient.added")}, "patients/{id}/", added.ID)
}

// refuseAddition shows the form for a new patient again, with what was typed and its errors.
func (p *page) refuseAddition(err error) error {
	content := p.newAddition(domain.Patient{}, p.form.Get(onceField))
	if domain.KindOf(err) == domain.KeyReused { // Somebody went back to a form that was done, and changed it.
		content.Fields = p.filled(content.Fields)
		content.Once, content.Problems = p.newPatientKey(), []string{p.T("patient.already_added")}
		return p.showAgain(err, "patient-add", p.T("patient.add_title"), content)
	}
	var ok bool
	if content.form, ok = p.withErrors(content.form, err); !ok {
		return err
	}
	return p.showAgain(err, "patient-add", p.T("patient.add_title"), content)
}

// editPatient shows or saves the form that changes a patient (see edit).
func (p *page) editPatient(answer func(edit[domain.Patient]) error) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	return answer(edit[domain.Patient]{
		page:       p,
		permission: domain.PatientUpdate,
		title:      func(patient domain.Patient) string { return p.T("patient.edit_title", patient.Name) },
		inputs:     p.patientFields,
		read: func() (domain.Patient, domain.ETag, error) {
			patient, err := p.Patients.Get(p.ctx(), p.actor, id, nil)
			return patient.Patient, patient.ETag(), err
		},
		version: func(number domain.ID) (domain.VersionView[domain.Patient], error) {
			return p.Patients.GetVersion(p.ctx(), p.actor, id, number)
		},
		apply: func(patient domain.Patient) (domain.Patient, error) {
			return patient.Change(p.patientInput(), p.Clock())
		},
		store: func(expected domain.Precondition) error {
			_, err := p.Patients.Change(p.ctx(), p.actor, id, expected, p.patientInput())
			return err
		},
		done: "patients/" + id.String() + "/",
	})
}
