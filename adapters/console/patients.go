package console

import (
	"net/http"
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
		get("patients/{id}/edit/{$}", func(p *page) error { return c.editPatient(p, edit[domain.Patient].show) }),
		post("patients/{id}/edit/{$}", func(p *page) error { return c.editPatient(p, edit[domain.Patient].save) }),
		get("patients/{id}/delete/{$}", func(p *page) error { return c.askToDeletePatient(p, http.StatusOK, nil) }),
		post("patients/{id}/delete/{$}", c.deletePatient),
	}
}

// patientList is the content of the list of patients. Its form asks for another list.
type patientList struct {
	form
	Patients []domain.PatientView
	Pager    pager
	// Doctor is the doctor whose patients are listed, nil if they are not those of one doctor.
	Doctor *domain.Doctor
	// Narrowed says that the list was narrowed by more than words.
	Narrowed bool
}

// patientColumns are the members that the list shows. Medical records are not among them.
const patientColumns = "id,name,date_of_birth,gender,phone_number,external_id,assigned_doctors,version"

// linesOfList is how many records a list shows on one page.
const linesOfList = "50"

// patientFilters are the fields that narrow the list, besides the words. The dates are written
// as people write them.
var patientFilters = []string{"date_of_birth", "date_of_birth__gte", "date_of_birth__lte", "gender", "has_doctor", "created_by"}

// createdByMe is the value of created_by that stands for the user.
const createdByMe = "me"

// listPatients is the list of the patients that were asked for.
func (c *console) listPatients(p *page) error {
	asked := p.asked()
	content := patientList{form: p.patientFilterForm(asked)}
	for _, name := range append(patientFilters, "doctor_id") {
		content.Narrowed = content.Narrowed || asked.Get(name) != ""
	}
	status := http.StatusOK
	_, found, err := p.locale.readSearch(asked.Get("search")).firstFound(func(words string) (application.Page[domain.PatientView], error) {
		asked.Set("search", words)
		return c.Patients.List(p.ctx(), p.actor, p.patientParameters(asked))
	})
	if withErrors, ok := content.withErrors(err); ok {
		content.form, status = withErrors, http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	if content.Doctor, err = p.doctorOfList(asked); err != nil {
		return err
	}
	content.Patients, content.Pager = found.Items, pagerOf(p, found)
	return p.showStatus(status, "patients", p.T("patients.title"), content)
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

// patientFilterForm is the form that asks for a list. It has what was asked for.
func (p *page) patientFilterForm(asked url.Values) form {
	example := p.T("patients.date_hint", p.locale.DateExample())
	fields := []field{
		{Name: "search", Label: p.T("patients.search"), Hint: p.T("patients.search_hint"), Type: "search", Autocomplete: "off"},
		{Name: "date_of_birth", Label: p.T("patients.born_on"), Hint: example, Type: "text", Kind: "date", Autocomplete: "off"},
		{Name: "date_of_birth__gte", Label: p.T("patients.born_from"), Hint: example, Type: "text", Kind: "date", Autocomplete: "off"},
		{Name: "date_of_birth__lte", Label: p.T("patients.born_to"), Hint: example, Type: "text", Kind: "date", Autocomplete: "off"},
		{Name: "gender", Label: p.T("patient.gender"), Type: "select", Options: append(
			[]option{{"", p.T("patients.any")}}, append(p.genders(), option{"none", p.T("patients.gender_none")})...,
		)},
		{Name: "has_doctor", Label: p.T("patients.doctors"), Type: "select", Options: []option{
			{"", p.T("patients.any")}, {"false", p.T("patients.without_doctor")}, {"true", p.T("patients.with_doctor")},
		}},
		{Name: "created_by", Label: p.T("patients.registered_by"), Type: "select", Options: []option{
			{"", p.T("patients.anyone")}, {createdByMe, p.T("patients.me")},
		}},
		{Name: "ordering", Label: p.T("patients.order"), Type: "select", Options: []option{
			{"", p.T("patients.by_name")},
			{"date_of_birth", p.T("patients.oldest_first")},
			{"-date_of_birth", p.T("patients.youngest_first")},
			{"-created_at", p.T("patients.newest_first")},
			{"-updated_at", p.T("patients.changed_first")},
		}},
	}
	for i := range fields {
		fields[i].Value = asked.Get(fields[i].Name)
	}
	return form{Fields: fields, Submit: p.T("patients.show")}
}

// doctorOfList returns the doctor whose patients were asked for.
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
	p.w.Header().Set("Location", p.listLink("patients/", url.Values{"doctor_id": {doctor.String()}}))
	p.w.WriteHeader(http.StatusSeeOther)
	return nil
}
