package console

import (
	"net/url"
	"strconv"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) overviewRoutes() []route { return []route{get("overview/{$}", c.showOverview)} }

// overview is the content of the page that says how many records there are and what waits.
type overview struct {
	Counts []kindCount
	// Waiting are the records that somebody should do something about.
	Waiting []waiting
	// Trail is nil for those who cannot read the trail.
	Trail *trailState
}

// kindCount is how many records of one kind there are. The newest one is shown too: the trail
// says that this page has shown it.
type kindCount struct {
	Label, Link string
	Number      int
	Newest      []namedLink
}

// waiting are records that wait for something, the first ones by name.
type waiting struct {
	Title, Link string
	Number      int
	First       []namedLink
}

// showOverview is the page for whoever starts the day.
func (c *console) showOverview(p *page) error {
	content := overview{}
	for _, add := range []func(*overview) error{p.countPatients, p.countDoctors, p.countAssignments, p.countUsers, p.addUnassigned, p.addUnactivated} {
		if err := add(&content); err != nil {
			return err
		}
	}
	if p.can(domain.AuditRead) {
		state, err := p.trailState()
		if err != nil {
			return err
		}
		content.Trail = &state
	}
	return p.show("overview", p.T("nav.overview"), content)
}

// first returns the parameters for the first records of a list and the number of all.
func first(limit int, ordering, fields string) domain.Parameters {
	return domain.Parameters{
		"count": domain.Given("true"), "limit": domain.Given(strconv.Itoa(limit)),
		"ordering": domain.Given(ordering), "fields": domain.Given(fields),
	}
}

// links returns the items of a list by name, and how many there are on all pages.
func links[T any](found application.Page[T], link func(T) namedLink) (named []namedLink, total int) {
	for _, item := range found.Items {
		named = append(named, link(item))
	}
	if found.Total != nil {
		total = *found.Total
	}
	return named, total
}

func (p *page) patientLink(patient domain.PatientView) namedLink {
	return namedLink{patient.Name.String(), p.link("patients/{id}/", patient.ID)}
}

func (p *page) countPatients(content *overview) error {
	found, err := p.Patients.List(p.ctx(), p.actor, first(1, "-created_at", "id,name"))
	if err != nil {
		return err
	}
	newest, total := links(found, p.patientLink)
	content.Counts = append(content.Counts, kindCount{p.T("nav.patients"), p.link("patients/"), total, newest})
	return nil
}

func (p *page) countDoctors(content *overview) error {
	found, err := p.Doctors.List(p.ctx(), p.actor, first(1, "-created_at", "id,name"))
	if err != nil {
		return err
	}
	newest, total := links(found, func(doctor domain.Doctor) namedLink {
		return namedLink{doctor.Name.String(), p.link("doctors/{id}/", doctor.ID)}
	})
	content.Counts = append(content.Counts, kindCount{p.T("nav.doctors"), p.link("doctors/"), total, newest})
	return nil
}

// countAssignments counts the assignments. They have no pages of their own, so the newest one
// is shown by its patient.
func (p *page) countAssignments(content *overview) error {
	found, err := p.Mappings.List(p.ctx(), p.actor, first(1, "-assigned_at", "id,patient,doctor"))
	if err != nil {
		return err
	}
	newest, total := links(found, func(assignment domain.Assignment) namedLink {
		name := p.T("overview.assignment", assignment.Doctor.Name.String(), assignment.PatientName.String())
		return namedLink{name, p.link("patients/{id}/", assignment.PatientID)}
	})
	content.Counts = append(content.Counts, kindCount{p.T("overview.assignments"), "", total, newest})
	return nil
}

func (p *page) countUsers(content *overview) error {
	if !p.can(domain.UserRead) {
		return nil
	}
	found, err := p.Users.List(p.ctx(), p.actor, first(1, "-id", "id,first_name,last_name,email"))
	if err != nil {
		return err
	}
	newest, total := links(found, p.userLink)
	content.Counts = append(content.Counts, kindCount{p.T("nav.users"), p.link("users/"), total, newest})
	return nil
}

// maxWaiting is how many of those that wait are shown by name.
const maxWaiting = 5

// addUnassigned adds the patients without a doctor, those first who have waited longest.
func (p *page) addUnassigned(content *overview) error {
	in := first(maxWaiting, "created_at", "id,name")
	in["has_doctor"] = domain.Given("false")
	found, err := p.Patients.List(p.ctx(), p.actor, in)
	if err != nil {
		return err
	}
	named, total := links(found, p.patientLink)
	all := p.listLink("patients/", url.Values{"has_doctor": {"false"}})
	content.Waiting = append(content.Waiting, waiting{p.T("overview.unassigned"), all, total, named})
	return nil
}

// addUnactivated adds the accounts that people have asked for.
func (p *page) addUnactivated(content *overview) error {
	if !p.can(domain.UserRead) {
		return nil
	}
	inactive, err := p.waitingUsers()
	if err != nil {
		return err
	}
	var named []namedLink
	for _, user := range inactive {
		named = append(named, p.userLink(user))
	}
	all := p.listLink("users/", url.Values{"is_active": {"false"}})
	content.Waiting = append(content.Waiting, waiting{p.T("overview.unactivated"), all, len(named), named[:min(len(named), maxWaiting)]})
	return nil
}
