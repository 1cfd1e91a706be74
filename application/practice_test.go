package application_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// practice is what a clinic should hold after any sequence of changes. A mapping
// is there as long as nobody ended it and both of its sides are.
type practice struct {
	c        *clinic
	admin    domain.Actor
	doctors  map[domain.ID]*practitioner
	patients map[domain.ID]*bool // whether they are there
	mappings map[domain.ID]*assignment
}

type practitioner struct {
	license string
	there   bool
}

type assignment struct {
	domain.Mapping
	ended bool
}

func TestWhateverIsDeletedAndRestored(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClinic(t)
		p := &practice{c, c.SignUp("admin@example.com", domain.Admin), map[domain.ID]*practitioner{}, map[domain.ID]*bool{}, map[domain.ID]*assignment{}}
		p.addDoctor(r)
		p.addPatient(r)
		r.Repeat(map[string]func(*rapid.T){
			"":                p.check,
			"add a doctor":    p.addDoctor,
			"add a patient":   p.addPatient,
			"assign":          p.assign,
			"unassign":        p.unassign,
			"move":            p.move,
			"delete doctor":   p.deleteDoctor,
			"delete patient":  p.deletePatient,
			"restore doctor":  p.restoreDoctor,
			"restore patient": p.restorePatient,
			"restore mapping": p.restoreMapping,
		})
	})
}

// drawID draws one of the records that there are or were.
func drawID[T any](r *rapid.T, what string, of map[domain.ID]T) domain.ID {
	if len(of) == 0 {
		r.Skip()
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(of))).Draw(r, what)
}

// rule is what an attempt needs, and the kind of its error otherwise.
type rule struct {
	holds     bool
	otherwise domain.Kind
}

// done asserts that an attempt failed by the first rule that does not hold, or
// not at all, which it reports.
func (p *practice) done(r *rapid.T, err error, rules ...rule) bool {
	p.c.Advance(time.Minute)
	for _, rule := range rules {
		if !rule.holds {
			require.Error(r, err)
			require.Equal(r, rule.otherwise, domain.KindOf(err), "%v", err)
			return false
		}
	}
	require.NoError(r, err)
	return true
}

func (p *practice) there(mapping *assignment) bool {
	return !mapping.ended && p.sides(mapping.Mapping)
}

func (p *practice) sides(mapping domain.Mapping) bool {
	return p.doctors[mapping.DoctorID].there && *p.patients[mapping.PatientID]
}

// free reports whether no other mapping has the pair.
func (p *practice) free(mapping domain.Mapping) bool {
	for _, other := range p.mappings {
		if other.ID != mapping.ID && other.PatientID == mapping.PatientID && other.DoctorID == mapping.DoctorID && p.there(other) {
			return false
		}
	}
	return true
}

func (p *practice) freeLicense(license string) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(p.doctors)), func(d *practitioner) bool { return d.there && d.license == license })
}

func (p *practice) addDoctor(r *rapid.T) {
	license := rapid.SampledFrom([]string{"L-1", "L-2", "L-3"}).Draw(r, "license")
	doctor, err := p.c.Doctors.Create(p.c.ctx, p.admin, doctorInput(license))
	if p.done(r, err, rule{p.freeLicense(license), domain.Conflict}) {
		p.doctors[doctor.ID] = &practitioner{license, true}
	}
}

func (p *practice) addPatient(r *rapid.T) {
	patient, err := p.c.Patients.Create(p.c.ctx, p.admin, patientInput("Ada"))
	p.done(r, err)
	there := true
	p.patients[patient.ID] = &there
}

func (p *practice) drawPair(r *rapid.T) domain.Mapping {
	return domain.Mapping{PatientID: drawID(r, "patient", p.patients), DoctorID: drawID(r, "doctor", p.doctors)}
}

func (p *practice) assign(r *rapid.T) {
	want := p.drawPair(r)
	mapping, err := p.c.Mappings.Assign(p.c.ctx, p.admin, pair(want.PatientID, want.DoctorID))
	if p.done(r, err, rule{p.sides(want), domain.Invalid}, rule{p.free(want), domain.Conflict}) {
		p.mappings[mapping.ID] = &assignment{Mapping: mapping}
	}
}

func (p *practice) move(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	want := p.drawPair(r)
	want.ID = one.ID
	moved, err := p.c.Mappings.Replace(p.c.ctx, p.admin, one.ID, pair(want.PatientID, want.DoctorID))
	if p.done(r, err, rule{p.there(one), domain.NotFound}, rule{p.sides(want), domain.Invalid}, rule{p.free(want), domain.Conflict}) {
		one.Mapping = moved
	}
}

func (p *practice) unassign(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	if p.done(r, p.c.Mappings.Unassign(p.c.ctx, p.admin, one.ID), rule{p.there(one), domain.NotFound}) {
		one.ended = true
	}
}

func (p *practice) restoreMapping(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	_, err := p.c.Mappings.Restore(p.c.ctx, p.admin, one.ID)
	if p.done(r, err, rule{!p.there(one), domain.NotFound}, rule{p.sides(one.Mapping) && p.free(one.Mapping), domain.Conflict}) {
		one.ended = false
	}
}

func (p *practice) deleteDoctor(r *rapid.T) {
	id := drawID(r, "doctor", p.doctors)
	if p.done(r, p.c.Doctors.Delete(p.c.ctx, p.admin, id), rule{p.doctors[id].there, domain.NotFound}) {
		p.doctors[id].there = false
	}
}

func (p *practice) restoreDoctor(r *rapid.T) {
	id := drawID(r, "doctor", p.doctors)
	_, err := p.c.Doctors.Restore(p.c.ctx, p.admin, id)
	if p.done(r, err, rule{!p.doctors[id].there, domain.NotFound}, rule{p.freeLicense(p.doctors[id].license), domain.Conflict}) {
		p.doctors[id].there = true
	}
}

func (p *practice) deletePatient(r *rapid.T) {
	id := drawID(r, "patient", p.patients)
	if p.done(r, p.c.Patients.Delete(p.c.ctx, p.admin, id), rule{*p.patients[id], domain.NotFound}) {
		*p.patients[id] = false
	}
}

func (p *practice) restorePatient(r *rapid.T) {
	id := drawID(r, "patient", p.patients)
	_, err := p.c.Patients.Restore(p.c.ctx, p.admin, id)
	if p.done(r, err, rule{!*p.patients[id], domain.NotFound}) {
		*p.patients[id] = true
	}
}

// check compares the clinic with the practice.
func (p *practice) check(r *rapid.T) {
	c := p.c
	doctors, err := c.Doctors.List(c.ctx, p.admin, domain.PageInput{})
	require.NoError(r, err)
	assertKept(r, p, &c.Doctors.History, doctors.Items, func(d domain.Doctor) domain.ID { return d.ID },
		func(id domain.ID) bool { return p.doctors[id].there }, len(p.doctors))
	patients, err := c.Patients.List(c.ctx, p.admin, domain.PageInput{})
	require.NoError(r, err)
	var plainPatients []domain.Patient
	for _, patient := range patients.Items {
		plainPatients = append(plainPatients, plain(patient))
	}
	assertKept(r, p, &c.Patients.History, plainPatients, func(d domain.Patient) domain.ID { return d.ID },
		func(id domain.ID) bool { return *p.patients[id] }, len(p.patients))
	mappings := c.liveMappings()
	for i, mapping := range mappings {
		require.Equal(r, unstamped(p.mappings[mapping.ID].Mapping), mapping)
		require.NoError(r, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
			mappings[i], err = tx.Mappings().Get(c.ctx, mapping.ID) // with its stamp
			return err
		}))
	}
	assertKept(r, p, &c.Mappings.History, mappings, func(d domain.Mapping) domain.ID { return d.ID },
		func(id domain.ID) bool { return p.there(p.mappings[id]) }, len(p.mappings))
}

// assertKept asserts that each record of a kind is either live or deleted, as it
// should be, and that its last version is what it is.
func assertKept[T domain.Record](r *rapid.T, p *practice, history *application.History[T], live []T, id func(T) domain.ID, there func(domain.ID) bool, count int) {
	deleted := readDeleted(p.c, history, "1000")
	require.Len(r, append(live, make([]T, len(deleted))...), count)
	for _, record := range live {
		require.True(r, there(id(record)), "%T %d", record, id(record))
		last := lastVersion(r, p, history, id(record))
		require.Equal(r, record, last.Record)
		require.NotEqual(r, domain.Deleted, last.Change)
	}
	for _, version := range deleted {
		require.False(r, there(id(version.Record)), "%T %d", version.Record, id(version.Record))
		require.Equal(r, version, lastVersion(r, p, history, id(version.Record)))
		require.Equal(r, domain.Deleted, version.Change)
	}
}

// lastVersion is the last of a record's versions, which are numbered without gaps.
func lastVersion[T domain.Record](r *rapid.T, p *practice, history *application.History[T], id domain.ID) domain.Version[T] {
	page, err := history.Versions(p.c.ctx, p.admin, id, domain.PageInput{})
	require.NoError(r, err)
	for i, revision := range page.Items {
		require.Equal(r, i+1, revision.Number)
	}
	return page.Items[len(page.Items)-1].Version
}
