package console_test

import (
	"crypto/rand"
	"net/url"
	"regexp"
	"strings"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/console"
	"example.com/healthcare/domain"
)

// furnished are the records of a clinic that has one of each kind, so that every page shows
// something.
type furnished struct {
	*desk
	// ids are the ids that stand for {id}, by the first word of the path.
	ids map[string]domain.ID
}

// furnish adds a patient with a doctor, both of them changed once, a deleted patient, and a user
// without any role in the test.
func (d *desk) furnish() furnished {
	d.t.Helper()
	patient, doctor := d.addPatientNamed("Ada Lovelace"), d.addDoctorNamed("Dora Doctor", "LIC-1").ID
	d.changePatient(d.Staff(), patient, domain.PatientInput{Address: domain.Given("1 Main Street"), DateOfBirth: domain.Given("1987-11-30")})
	_, err := d.Doctors.Change(d.t.Context(), d.Admin(), doctor, domain.Precondition{}, domain.DoctorInput{Specialization: domain.Given("Surgery")})
	require.NoError(d.t, err)
	gone := d.addPatientNamed("Gone Person")
	require.NoError(d.t, d.Patients.Delete(d.t.Context(), d.Admin(), gone, domain.Precondition{}))
	user := d.haveUser("grace@clinic.example", "Grace", "Hopper", domain.Staff)
	return furnished{d, map[string]domain.ID{
		"patients": patient, "doctors": doctor, "assignments": d.assign(patient, doctor).ID, "users": user.UserID, "account": user.SessionID,
	}}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// address returns the method and the address of a route, with the ids of records that exist.
func (f furnished) address(route string) (method, address string) {
	method, path, _ := strings.Cut(route, " ")
	kind, _, _ := strings.Cut(path, "/")
	path = placeholder.ReplaceAllStringFunc(path, func(name string) string {
		switch name {
		case "{assignment}":
			return f.ids["assignments"].String()
		case "{version}":
			return "1"
		}
		return f.ids[kind].String()
	})
	return method, console.Path + path
}

// blankForm is any form with nothing filled in: it has its hidden fields and all inputs.
func blankForm() url.Values {
	blank := url.Values{"once": {rand.Text()}, "etag": {`"1"`}, "version": {"1"}}
	for _, name := range []string{
		"name", "date_of_birth", "phone_number", "gender", "address", "medical_record", "email", "external_id",
		"license_number", "specialization", "salary", "first_name", "last_name", "role",
	} {
		blank.Set(name, "")
	}
	return blank
}

// visit sends a request for a route, with a blank form if it is one.
func (b *browser) visit(f furnished, route string) answer {
	b.t.Helper()
	method, address := f.address(route)
	return b.send(method, address, blankForm())
}

// changes is the number of changes of records and accounts so far.
func (d *desk) changes() (changes int) {
	for _, event := range d.Events() {
		if len(event.Commitments) > 0 || event.Subject.Kind == domain.SubjectUser && event.Outcome == domain.Allowed && event.Version > 0 {
			changes++
		}
	}
	return changes
}

// faults are the lines of the log about faults of the service.
func (d *desk) faults() string {
	var faults strings.Builder
	for line := range strings.Lines(d.log.String()) {
		if strings.Contains(line, "level=ERROR") {
			faults.WriteString(line)
		}
	}
	return faults.String()
}
