package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/csv"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// demoDays is how many days the history of the demo is long.
const demoDays = 14

// The records of the demo, with a heading in the first line. The people are made up. Their
// phone numbers are from the ranges that are reserved for films, so they reach nobody. The
// last column of a patient lists the assigned doctors by line.
var (
	//go:embed demo/doctors.csv
	demoDoctors string
	//go:embed demo/patients.csv
	demoPatients string
)

// demoUser is an account of the demo.
type demoUser struct {
	title, email, password string
	role                   domain.Role
	origin                 domain.Origin

	actor   domain.Actor
	refresh domain.RefreshToken
}

// newDemoUsers returns an administrator and a member of the staff with new passwords.
func newDemoUsers() (admin, staff *demoUser) {
	newUser := func(title string, role domain.Role, address, device string) *demoUser {
		password := strings.ToLower(rand.Text())
		return &demoUser{
			title: title, role: role,
			email:    strings.ToLower(title) + "@demo.example",
			password: strings.Join([]string{password[:5], password[5:10], password[10:15], password[15:20]}, "-"),
			// The addresses are for documentation (RFC 5737).
			origin: domain.NewOrigin(netip.MustParseAddr(address), device),
		}
	}
	return newUser("Admin", domain.Admin, "192.0.2.10", "Demo browser in the office"),
		newUser("Staff", domain.Staff, "192.0.2.20", "Demo browser at the reception")
}

// demoClock is a clock in the past. Each step of the history moves it forward.
type demoClock struct{ now time.Time }

// Now implements ports.Clock.
func (c *demoClock) Now() time.Time { return c.now }

// demoHistory makes the records of the demo with the use-cases, so that their versions,
// the audit trail and its seals are those of a clinic that has used the service for two
// weeks.
type demoHistory struct {
	*application.UseCases
	clock        *demoClock
	admin, staff *demoUser

	doctors, patients, mappings []domain.ID
}

// readDemoRows returns the rows after the heading.
func readDemoRows(table string) ([][]string, error) {
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

// fill makes the history of the days before now. Each day begins at eight in the morning
// and has a step every three to five minutes.
func (h *demoHistory) fill(ctx context.Context, now time.Time) error {
	doctors, err := readDemoRows(demoDoctors)
	if err != nil {
		return err
	}
	patients, err := readDemoRows(demoPatients)
	if err != nil {
		return err
	}
	for day := range demoDays {
		h.clock.now = time.Date(now.Year(), now.Month(), now.Day()-demoDays+day, 8, 0, 0, 0, now.Location()).UTC()
		for i, step := range h.stepsOf(day, doctors, patients) {
			if err := step(ctx); err != nil {
				return fmt.Errorf("day %d, step %d: %w", day, i, err)
			}
			h.clock.now = h.clock.now.Add(3*time.Minute + time.Duration(i*37%120)*time.Second)
		}
		if _, err := h.Sealer.Seal(ctx); err != nil {
			return err
		}
	}
	return nil
}

// stepsOf returns what happens on a day. The patients come to the clinic in the order of
// the file, a few on each day.
func (h *demoHistory) stepsOf(day int, doctors, patients [][]string) []demoStep {
	const firstDay, perDay = 14, 4
	steps := []demoStep{h.continueSession(h.admin), h.continueSession(h.staff)}
	arriving := patients[:firstDay]
	if day == 0 {
		steps = []demoStep{h.register(h.admin), h.register(h.staff), h.signIn(h.admin), h.signIn(h.staff)}
		for _, row := range doctors {
			steps = append(steps, h.addDoctor(row))
		}
	} else {
		first := min(firstDay+(day-1)*perDay, len(patients))
		arriving = patients[first:min(first+perDay, len(patients))]
	}
	for i, row := range arriving {
		steps = append(steps, h.addPatient(row))
		for number := range strings.FieldsSeq(row[6]) {
			steps = append(steps, h.assign(number))
		}
		if i%2 == 1 {
			steps = append(steps, h.readPatients(day*3+i))
		}
	}
	for i := range 3 {
		steps = append(steps, h.checkUp(day*5+i*3))
	}
	steps = append(steps, h.incidents()[day]...)
	if day == demoDays-1 {
		steps = append(steps, h.signOut(h.staff), h.signOut(h.admin))
	}
	return steps
}

// incidents returns what happens on one day only. Numbers of records count from 0.
func (h *demoHistory) incidents() map[int][]demoStep {
	return map[int][]demoStep{
		1: {h.changeDoctor(h.admin, 3, domain.DoctorInput{Salary: domain.Given("115900.00")})},
		2: {refused(h.changeDoctor(h.staff, 5, domain.DoctorInput{Salary: domain.Given("200000.00")}))},
		3: {h.deletePatient(4)}, // a mistake
		4: {h.restorePatient(4)},
		5: {h.changePatient(7, domain.PatientInput{Phone: domain.Given("+44 7700 900555"), Address: domain.Given("88 Quayside, Newbridge")})},
		6: {h.reassign(2, 0), h.unassign(3)},
		7: {h.restoreMapping(3), refused(h.readTrail(h.staff))},
		// A doctor leaves.
		8: {h.changeDoctor(h.admin, 1, domain.DoctorInput{Salary: domain.Given("84000.00")}), h.deleteDoctor(12)},
		// Another one was thought to leave.
		9:  {h.deleteDoctor(11), h.restoreDoctor(11)},
		11: {h.changePatient(17, domain.PatientInput{Name: domain.Given("Þórdís Sæmundsdóttir")})},
		12: {h.readTrail(h.admin)},
		// A patient moves away, and one was registered twice.
		13: {h.deletePatient(32), h.deletePatient(61)},
	}
}
