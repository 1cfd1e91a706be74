package console

import (
	"net/url"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) patientRoutes() []route {
	return []route{
		get("patients/{$}", c.listPatients),
		post("patients/{$}", func(p *page) error { return p.redirectToList("patients/") }),
		get("doctors/{id}/patients/{$}", c.listPatientsOfDoctor),
		get("patients/add/{$}", c.showAddPatient),
		post("patients/add/{$}", c.addPatient),
		get("patients/{id}/{$}", c.showPatient),
		get("patients/{id}/edit/{$}", func(p *page) error { return p.editPatient(edit[domain.Patient].show) }),
		post("patients/{id}/edit/{$}", func(p *page) error { return p.editPatient(edit[domain.Patient].save) }),
		get("patients/{id}/delete/{$}", c.showDeletePatient),
		post("patients/{id}/delete/{$}", c.deletePatient),
	}
}

// patientList is the content of the list of patients. Its form asks for another list.
type patientList struct {
	filterForm
	Patients []domain.PatientView
	Pager    pager
	// Doctor is the doctor whose patients are listed, nil if they are not those of one doctor.
	Doctor *domain.Doctor
}

// patientColumns are the members that the list shows. Medical records are not among them.
const patientColumns = "id,name,date_of_birth,gender,phone_number,external_id,assigned_doctors,version"

// createdByMe is the value of created_by that stands for the user.
const createdByMe = "me"

// listPatients is the list of the patients that were asked for.
func (c *console) listPatients(p *page) error {
	asked := p.asked()
	content := patientList{filterForm: p.patientFilters(asked)}
	var err error
	if content.Doctor, err = p.doctorOfList(asked); err != nil {
		return err
	}
	if content.Doctor != nil {
		content.Hidden = map[string]string{"doctor_id": content.Doctor.ID.String()}
	}
	_, found, err := p.locale.readSearch(asked.Get("search")).firstFound(func(words string) (application.Page[domain.PatientView], error) {
		asked.Set("search", words)
		return c.Patients.List(p.ctx(), p.actor, p.patientParameters(asked))
	})
	var refused bool
	if content.form, refused = p.withErrors(content.form, err); refused {
		return p.showAgain(err, "patients", p.T("nav.patients"), content)
	} else if err != nil {
		return err
	}
	content.Patients, content.Pager = found.Items, pagerOf(p, found)
	return p.show("patients", p.T("nav.patients"), content)
}

// patientParameters returns the parameters of Patients.List for what was asked for.
func (p *page) patientParameters(asked url.Values) domain.Parameters {
	parameters := p.parameters(asked, "search", "gender", "has_doctor", "doctor_id", "ordering")
	parameters["fields"], parameters["limit"] = domain.Given(patientColumns), domain.Given(linesOfList)
	if asked.Get("ordering") == "" {
		parameters["ordering"] = domain.Given("name")
	}
	if asked.Get("created_by") == createdByMe {
		parameters["created_by"] = domain.Given(p.actor.UserID.String())
	}
	for _, name := range []string{"date_of_birth", "date_of_birth__gte", "date_of_birth__lte"} {
		if text := asked.Get(name); text != "" {
			parameters[name] = p.readDate(text)
		}
	}
	return parameters
}

// patientFilters is the form that asks for a list of patients. The dates are written as people
// write them.
func (p *page) patientFilters(asked url.Values) filterForm {
	birth := func(name, label string) field {
		return field{Name: name, Label: label, Hint: p.T("patients.date_hint", p.locale.DateExample()), Type: "text", Kind: "date", Autocomplete: "off"}
	}
	genders := append([]option{{"", p.T("list.any")}}, append(p.genders(), option{"none", p.T("patients.gender_none")})...)
	return p.newFilterForm(
		"patients/", asked,
		field{Name: "search", Label: p.T("patients.search"), Hint: p.T("patients.search_hint"), Type: "search", Autocomplete: "off"},
		birth("date_of_birth", p.T("patients.born_on")),
		birth("date_of_birth__gte", p.T("patients.born_from")),
		birth("date_of_birth__lte", p.T("patients.born_to")),
		filterChoice("gender", p.T("patient.gender"), genders...),
		filterChoice(
			"has_doctor", p.T("patients.doctors"),
			option{"", p.T("list.any")}, option{"false", p.T("patients.without_doctor")}, option{"true", p.T("patients.with_doctor")},
		),
		filterChoice("created_by", p.T("patients.registered_by"), option{"", p.T("patients.anyone")}, option{createdByMe, p.T("patients.me")}),
		filterChoice(
			"ordering", p.T("list.order"),
			option{"", p.T("patients.by_name")},
			option{"date_of_birth", p.T("patients.oldest_first")}, option{"-date_of_birth", p.T("patients.youngest_first")},
			option{"-created_at", p.T("patients.newest_first")}, option{"-updated_at", p.T("patients.changed_first")},
		),
	)
}

// doctorOfList returns the doctor whose patients were asked for, nil if they are not those of
// one doctor.
func (p *page) doctorOfList(asked url.Values) (*domain.Doctor, error) {
	if asked.Get("doctor_id") == "" {
		return nil, nil
	}
	id, err := domain.ParseID(asked.Get("doctor_id"))
	if err != nil {
		return nil, domain.ErrNotFound()
	}
	doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, nil)
	return &doctor, err
}

// listPatientsOfDoctor leads to the list of the patients of one doctor.
func (c *console) listPatientsOfDoctor(p *page) error {
	doctor, err := p.id("id")
	if err != nil {
		return err
	}
	return p.redirectTo(p.listLink("patients/", url.Values{"doctor_id": {doctor.String()}}))
}
