package console

import (
	"net/url"

	"example.com/healthcare/domain"
)

func (c *console) doctorRoutes() []route {
	return []route{
		get("doctors/{$}", c.listDoctors),
		post("doctors/{$}", func(p *page) error { return p.redirectToList("doctors/") }),
		post("doctors/names/{$}", c.showDoctorNames),
		get("doctors/{id}/{$}", c.showDoctor),
		get("doctors/add/{$}", c.showAddDoctor),
		post("doctors/add/{$}", c.addDoctor),
		get("doctors/{id}/edit/{$}", func(p *page) error { return p.editDoctor(edit[domain.Doctor].show) }),
		post("doctors/{id}/edit/{$}", func(p *page) error { return p.editDoctor(edit[domain.Doctor].save) }),
		get("doctors/{id}/delete/{$}", c.showDeleteDoctor),
		post("doctors/{id}/delete/{$}", c.deleteDoctor),
	}
}

// doctorList is the content of the list of doctors. Its form asks for another list.
type doctorList struct {
	filterForm
	Doctors []domain.Doctor
	Total   int
	Pager   pager
}

// listDoctors is the list of doctors that was asked for, by name if no order was.
func (c *console) listDoctors(p *page) error {
	asked := p.asked()
	content := doctorList{filterForm: p.doctorFilters(asked)}
	parameters := p.parameters(asked, "search", "specialization", "license_number", "ordering")
	parameters["limit"], parameters["count"] = domain.Given(linesOfList), domain.Given("true")
	if asked.Get("ordering") == "" {
		parameters["ordering"] = domain.Given("name")
	}
	found, err := c.Doctors.List(p.ctx(), p.actor, parameters)
	var refused bool
	if content.form, refused = p.withErrors(content.form, err); refused {
		return p.showAgain(err, "doctors", p.T("nav.doctors"), content)
	} else if err != nil {
		return err
	}
	content.Doctors, content.Total, content.Pager = found.Items, *found.Total, pagerOf(p, found)
	return p.show("doctors", p.T("nav.doctors"), content)
}

// doctorFilters is the form that asks for a list of doctors.
func (p *page) doctorFilters(asked url.Values) filterForm {
	return p.newFilterForm(
		"doctors/", asked,
		field{Name: "search", Label: p.T("doctors.search"), Hint: p.T("doctors.search_hint"), Type: "search", Autocomplete: "off"},
		field{Name: "specialization", Label: p.T("doctor.specialization"), Hint: p.T("doctors.whole_hint"), Type: "text"},
		field{Name: "license_number", Label: p.T("doctor.license_number"), Hint: p.T("doctors.whole_hint"), Type: "text", Autocomplete: "off"},
		filterChoice(
			"ordering", p.T("list.order"),
			option{"", p.T("doctors.by_name")}, option{"specialization", p.T("doctors.by_specialization")}, option{"license_number", p.T("doctors.by_license")},
			option{"joined_at", p.T("doctors.by_joined")}, option{"-joined_at", p.T("doctors.by_joined_last")},
		),
	)
}

// doctorPage is the content of the page of a doctor.
type doctorPage struct {
	domain.Doctor
	// Patients are the assignments of one page, and Total the number of all.
	Patients []domain.Assignment
	Total    int
	Pager    pager
}

// showDoctor is the page of a doctor, with the patients.
func (c *console) showDoctor(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	doctor, err := c.Doctors.Get(p.ctx(), p.actor, id, nil)
	if err != nil {
		return err
	}
	parameters := p.parameters(nil)
	parameters["doctor_id"] = domain.Given(id.String())
	parameters["limit"], parameters["count"] = domain.Given(linesOfList), domain.Given("true")
	found, err := c.Mappings.List(p.ctx(), p.actor, parameters)
	if err != nil {
		return err
	}
	return p.show("doctor", doctor.Name.String(), doctorPage{doctor, found.Items, *found.Total, pagerOf(p, found)})
}

// maxNames is how many doctors the script shows while a name is typed.
const maxNames = 10

// doctorNames is the content of the page with the doctors whose name is being typed.
type doctorNames struct {
	Doctors []domain.Doctor
	// More says that further doctors have the name.
	More bool
}

// showDoctorNames answers the script with the doctors whose name is being typed.
func (c *console) showDoctorNames(p *page) error {
	found, err := p.findDoctors(p.form.Get(doctorNameField), maxNames)
	if err != nil {
		return err
	}
	return p.show("doctor-names", p.T("nav.doctors"), doctorNames{found.Items, found.Next != ""})
}
