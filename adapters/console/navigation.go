package console

import (
	"strings"

	"example.com/healthcare/domain"
)

// navigation is one link of the navigation.
type navigation struct {
	Label, Link string
	// Current says that the page belongs to this link.
	Current bool
}

// sections are the links of the navigation and the permissions that they need.
var sections = []struct {
	path, text string
	permission domain.Permission
}{
	{"", "nav.find", domain.PatientSearch},
	{"patients/", "nav.patients", domain.PatientRead},
	{"doctors/", "nav.doctors", domain.DoctorRead},
	{"overview/", "nav.overview", domain.PatientRead},
	{"users/", "nav.users", domain.UserRead},
	{"deleted/", "nav.deleted", domain.PatientReadDeleted},
	{"audit/", "nav.audit", domain.AuditRead},
}

// Navigation returns the links that the user can use.
func (v view) Navigation() (links []navigation) {
	below := strings.TrimPrefix(v.Page.r.URL.Path, Path)
	for _, section := range sections {
		if !v.Page.can(section.permission) {
			continue
		}
		current := section.path != "" && strings.HasPrefix(below, section.path) || below == section.path
		links = append(links, navigation{v.T(section.text), v.Link(section.path), current})
	}
	return links
}
