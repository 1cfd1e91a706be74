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

// clinicModel is what a clinic must contain after any sequence of changes. A mapping is live
// if it was not deleted and its patient and doctor are live.
type clinicModel struct {
	c        *clinic
	admin    domain.Actor
	doctors  map[domain.ID]*doctorModel
	patients map[domain.ID]*bool // whether the patient is live
	mappings map[domain.ID]*mappingModel
}

type doctorModel struct {
	license string
	live    bool
}

type mappingModel struct {
	domain.Mapping
	deleted bool
}

func TestRandomChangesMatchTheModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClinic(t)
		p := &clinicModel{c, c.SignUp("admin@example.com", domain.Admin), map[domain.ID]*doctorModel{}, map[domain.ID]*bool{}, map[domain.ID]*mappingModel{}}
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

// drawID draws one of the records that exist or existed.
func drawID[T any](r *rapid.T, what string, of map[domain.ID]T) domain.ID {
	if len(of) == 0 {
		r.Skip()
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(of))).Draw(r, what)
}

// rule is a precondition of a call, and the kind of the error if it does not hold.
type rule struct {
	holds     bool
	otherwise domain.Kind
}

// assertResult asserts that a call failed by the first rule that does not hold, or succeeded
// if all hold. It reports whether it succeeded.
func (p *clinicModel) assertResult(r *rapid.T, err error, rules ...rule) bool {
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

func (p *clinicModel) isLive(mapping *mappingModel) bool {
	return !mapping.deleted && p.hasBothSides(mapping.Mapping)
}

func (p *clinicModel) hasBothSides(mapping domain.Mapping) bool {
	return p.doctors[mapping.DoctorID].live && *p.patients[mapping.PatientID]
}

// isPairFree reports whether no other live mapping has the pair.
func (p *clinicModel) isPairFree(mapping domain.Mapping) bool {
	for _, other := range p.mappings {
		if other.ID != mapping.ID && other.PatientID == mapping.PatientID && other.DoctorID == mapping.DoctorID && p.isLive(other) {
			return false
		}
	}
	return true
}

func (p *clinicModel) isLicenseFree(license string) bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(p.doctors)), func(d *doctorModel) bool { return d.live && d.license == license })
}

func (p *clinicModel) addDoctor(r *rapid.T) {
	license := rapid.SampledFrom([]string{"L-1", "L-2", "L-3"}).Draw(r, "license")
	doctor, err := p.c.Doctors.Create(p.c.ctx, p.admin, noKey, doctorInput(license))
	if p.assertResult(r, err, rule{p.isLicenseFree(license), domain.Conflict}) {
		p.doctors[doctor.ID] = &doctorModel{license, true}
	}
}

func (p *clinicModel) addPatient(r *rapid.T) {
	patient, err := p.c.Patients.Create(p.c.ctx, p.admin, noKey, patientInput("Ada"))
	p.assertResult(r, err)
	live := true
	p.patients[patient.ID] = &live
}

func (p *clinicModel) drawPair(r *rapid.T) domain.Mapping {
	return domain.Mapping{PatientID: drawID(r, "patient", p.patients), DoctorID: drawID(r, "doctor", p.doctors)}
}

func (p *clinicModel) assign(r *rapid.T) {
	want := p.drawPair(r)
	mapping, err := p.c.Mappings.Assign(p.c.ctx, p.admin, noKey, pair(want.PatientID, want.DoctorID))
	if p.assertResult(r, err, rule{p.hasBothSides(want), domain.Invalid}, rule{p.isPairFree(want), domain.Conflict}) {
		p.mappings[mapping.ID] = &mappingModel{Mapping: mapping}
	}
}

func (p *clinicModel) move(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	want := p.drawPair(r)
	want.ID = one.ID
	moved, err := p.c.Mappings.Replace(p.c.ctx, p.admin, one.ID, unconditional, pair(want.PatientID, want.DoctorID))
	if p.assertResult(r, err, rule{p.isLive(one), domain.NotFound}, rule{p.hasBothSides(want), domain.Invalid}, rule{p.isPairFree(want), domain.Conflict}) {
		one.Mapping = moved
	}
}

func (p *clinicModel) unassign(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	if p.assertResult(r, p.c.Mappings.Unassign(p.c.ctx, p.admin, one.ID, unconditional), rule{p.isLive(one), domain.NotFound}) {
		one.deleted = true
	}
}

func (p *clinicModel) restoreMapping(r *rapid.T) {
	one := p.mappings[drawID(r, "mapping", p.mappings)]
	_, err := p.c.Mappings.Restore(p.c.ctx, p.admin, noKey, one.ID)
	if p.assertResult(r, err, rule{!p.isLive(one), domain.NotFound}, rule{p.hasBothSides(one.Mapping) && p.isPairFree(one.Mapping), domain.Conflict}) {
		one.deleted = false
	}
}

func (p *clinicModel) deleteDoctor(r *rapid.T) {
	id := drawID(r, "doctor", p.doctors)
	if p.assertResult(r, p.c.Doctors.Delete(p.c.ctx, p.admin, id, unconditional), rule{p.doctors[id].live, domain.NotFound}) {
		p.doctors[id].live = false
	}
}

func (p *clinicModel) restoreDoctor(r *rapid.T) {
	id := drawID(r, "doctor", p.doctors)
	_, err := p.c.Doctors.Restore(p.c.ctx, p.admin, noKey, id)
	if p.assertResult(r, err, rule{!p.doctors[id].live, domain.NotFound}, rule{p.isLicenseFree(p.doctors[id].license), domain.Conflict}) {
		p.doctors[id].live = true
	}
}

func (p *clinicModel) deletePatient(r *rapid.T) {
	id := drawID(r, "patient", p.patients)
	if p.assertResult(r, p.c.Patients.Delete(p.c.ctx, p.admin, id, unconditional), rule{*p.patients[id], domain.NotFound}) {
		*p.patients[id] = false
	}
}

func (p *clinicModel) restorePatient(r *rapid.T) {
	id := drawID(r, "patient", p.patients)
	_, err := p.c.Patients.Restore(p.c.ctx, p.admin, noKey, id)
	if p.assertResult(r, err, rule{!*p.patients[id], domain.NotFound}) {
		*p.patients[id] = true
	}
}

// check compares the clinic with the model.
func (p *clinicModel) check(r *rapid.T) {
	c := p.c
	doctors, err := c.Doctors.List(c.ctx, p.admin, nil)
	require.NoError(r, err)
	assertRecords(r, p, &c.Doctors.History, doctors.Items, func(d domain.Doctor) domain.ID { return d.ID },
		func(id domain.ID) bool { return p.doctors[id].live }, len(p.doctors))
	patients, err := c.Patients.List(c.ctx, p.admin, nil)
	require.NoError(r, err)
	var plainPatients []domain.Patient
	for _, patient := range patients.Items {
		plainPatients = append(plainPatients, patientOf(patient))
	}
	assertRecords(r, p, &c.Patients.History, plainPatients, func(d domain.Patient) domain.ID { return d.ID },
		func(id domain.ID) bool { return *p.patients[id] }, len(p.patients))
	mappings := c.liveMappings()
	for i, mapping := range mappings {
		require.Equal(r, unstamped(p.mappings[mapping.ID].Mapping), mapping)
		require.NoError(r, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
			mappings[i], err = tx.Mappings().Get(c.ctx, mapping.ID) // with its stamp
			return err
		}))
	}
	assertRecords(r, p, &c.Mappings.History, mappings, func(d domain.Mapping) domain.ID { return d.ID },
		func(id domain.ID) bool { return p.isLive(p.mappings[id]) }, len(p.mappings))
}

// assertRecords asserts that each record of a kind is either live or deleted, as in the model,
// and equals its last version.
func assertRecords[T domain.Record](r *rapid.T, p *clinicModel, history *application.History[T], live []T, id func(T) domain.ID, isLive func(domain.ID) bool, count int) {
	deleted := readDeleted(p.c, history, "1000")
	require.Len(r, append(live, make([]T, len(deleted))...), count)
	for _, record := range live {
		require.True(r, isLive(id(record)), "%T %d", record, id(record))
		last := lastVersion(r, p, history, id(record))
		require.Equal(r, record, last.Record)
		require.NotEqual(r, domain.Deleted, last.Change)
	}
	for _, version := range deleted {
		require.False(r, isLive(id(version.Record)), "%T %d", version.Record, id(version.Record))
		require.Equal(r, version, lastVersion(r, p, history, id(version.Record)))
		require.Equal(r, domain.Deleted, version.Change)
	}
}

// lastVersion returns the last version of a record. It checks that the numbers have no gaps.
func lastVersion[T domain.Record](r *rapid.T, p *clinicModel, history *application.History[T], id domain.ID) domain.Version[T] {
	page, err := history.ListVersions(p.c.ctx, p.admin, id, domain.PageInput{})
	require.NoError(r, err)
	for i, revision := range page.Items {
		require.Equal(r, i+1, revision.Number)
	}
	return page.Items[len(page.Items)-1].Version
}
