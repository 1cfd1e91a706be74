package console

import (
	"net/url"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) findRoutes() []route {
	return []route{
		get("{$}", c.showFind),
		post("{$}", func(p *page) error { return p.redirectToList("") }),
	}
}

// linesOfFind is how many patients and how many doctors the first page shows.
const linesOfFind = 20

// findPage is the content of the first page.
type findPage struct {
	form
	// Asked says that something was searched for.
	Asked    bool
	Patients []domain.PatientView
	Doctors  []domain.Doctor
	// MorePatients and MoreDoctors are the addresses of the lists with all that were found. They
	// are empty if all are here.
	MorePatients, MoreDoctors string
	// Add is the address of the form for a new patient, with what was typed.
	Add string
}

// Found says how much was found. The script has it read out.
func (v view) Found() string {
	content, ok := v.Content.(findPage)
	if !ok || !content.Asked || content.HasErrors() {
		return ""
	}
	switch n := len(content.Patients) + len(content.Doctors); {
	case content.MorePatients != "" || content.MoreDoctors != "":
		return v.T("find.more_than", n)
	case n == 0:
		return v.T("find.none")
	case n == 1:
		return v.T("find.one")
	default:
		return v.T("find.many", n)
	}
}

// showFind is the first page: one box that finds patients and doctors.
func (c *console) showFind(p *page) error {
	text := p.asked().Get("search")
	content := findPage{Asked: text != "", Add: p.link("patients/add/"), form: form{Submit: p.T("find.submit"), Fields: []field{{
		Name: "search", Label: p.T("find.label"), Hint: p.T("find.hint", p.locale.DateExample()), Value: text,
	}}}}
	if !content.Asked {
		return p.show("find", p.T("find.title"), content)
	}
	wanted := p.locale.readSearch(text)
	if carried := wanted.newPatient(p.locale); len(carried) > 0 {
		content.Add = p.listLink("patients/add/", carried)
	}
	err := c.find(p, &content, wanted)
	var refused bool
	if content.form, refused = p.withErrors(content.form, err); refused {
		return p.showAgain(err, "find", p.T("find.title"), content)
	} else if err != nil {
		return err
	}
	return p.show("find", p.T("find.title"), content)
}

// find looks for patients and doctors.
func (c *console) find(p *page, content *findPage, wanted search) error {
	words, patients, err := wanted.firstFound(func(words string) (application.Page[domain.PatientView], error) {
		parameters := searchFor(words, "name", linesOfFind)
		parameters["fields"] = domain.Given(patientColumns)
		return c.Patients.List(p.ctx(), p.actor, parameters)
	})
	if err != nil {
		return err
	}
	content.Patients, content.MorePatients = patients.Items, addressOfAll(p, "patients/", words, patients)
	doctors, err := c.Doctors.List(p.ctx(), p.actor, searchFor(wanted.typed, "name", linesOfFind))
	content.Doctors = doctors.Items
	content.MoreDoctors = addressOfAll(p, "doctors/", wanted.typed, doctors)
	return err
}

// addressOfAll returns the address of the list with all that was found, "" if it was all shown.
func addressOfAll[T any](p *page, path, words string, found application.Page[T]) string {
	if found.Next == "" {
		return ""
	}
	return p.listLink(path, url.Values{"search": {words}})
}
