package portstest

import (
	"cmp"
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// model is what a store should hold: a store of its own, and too simple to be wrong.
type model struct {
	creator  domain.ID
	doctors  cabinet[domain.Doctor]
	patients cabinet[domain.Patient]
	mappings cabinet[domain.Mapping]
}

func newModel(creator domain.ID) model {
	return model{
		creator:  creator,
		doctors:  newCabinet(doctorArchive),
		patients: newCabinet(patientArchive),
		mappings: newCabinet(mappingArchive),
	}
}

func (m model) clone() model {
	return model{m.creator, m.doctors.clone(), m.patients.clone(), m.mappings.clone()}
}

// shelf is the entities of one kind.
type shelf[T any] struct {
	of   aggregate[T]
	rows map[domain.ID]T
	// given is the IDs that were given out, also to what was deleted since.
	given []domain.ID
}

func (s shelf[T]) clone() shelf[T] {
	s.rows, s.given = maps.Clone(s.rows), slices.Clone(s.given)
	return s
}

// choose returns one of the IDs that were given out, or one that was not.
func (s shelf[T]) choose(choice int) domain.ID {
	if len(s.given) == 0 || choice == choices {
		return 1 << 40
	}
	return s.given[choice%len(s.given)]
}

func (s shelf[T]) missing(id domain.ID) error {
	if _, found := s.rows[id]; !found {
		return domain.ErrNotFound()
	}
	return nil
}

func (s shelf[T]) sorted() []T {
	list := slices.AppendSeq([]T{}, maps.Values(s.rows))
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(s.of.id(a), s.of.id(b)) })
	return list
}

// The methods that follow call the store, check that it refuses what the model
// says it should, and otherwise do the same to the model.

func (s *shelf[T]) add(t tester, tx ports.Tx, entity T, refusal error) error {
	added, err := s.of.in(tx).Add(t.Context(), entity)
	requireOutcome(t, refusal, err)
	if err == nil {
		id := s.of.id(added)
		s.rows[id] = s.of.with(entity, id)
		s.given = append(s.given, id)
	}
	return err
}

func (s *shelf[T]) save(t tester, tx ports.Tx, entity T, refusal error) error {
	id := s.of.id(entity)
	err := s.of.in(tx).Save(t.Context(), entity)
	requireOutcome(t, cmp.Or(s.missing(id), refusal), err)
	if err == nil {
		s.rows[id] = entity
	}
	return err
}

func requireOutcome(t tester, want, got error) {
	t.Helper()
	if want == nil {
		require.NoError(t, got)
		return
	}
	requireRefused(t, want, got)
}

// step is one call of a repository. Its numbers choose among the IDs that were
// given out, so that it often meets what is there, and what is there no longer.
type step struct {
	verb                     string
	patient, doctor, mapping int
	name, license            string
}

const choices = 7

func drawStep(t *rapid.T) step {
	choice := rapid.IntRange(0, choices)
	return step{
		verb: rapid.SampledFrom([]string{
			"add doctor", "add doctor", "save doctor", "delete doctor",
			"add patient", "add patient", "save patient", "delete patient",
			"assign", "assign", "assign", "assign", "move", "move", "unassign",
			"restore doctor", "restore patient", "restore mapping", "break off",
		}).Draw(t, "verb"),
		patient: choice.Draw(t, "patient"),
		doctor:  choice.Draw(t, "doctor"),
		mapping: choice.Draw(t, "mapping"),
		name:    rapid.SampledFrom([]string{"Cameron", "Chase", "Foreman"}).Draw(t, "name"),
		license: rapid.SampledFrom([]string{"A-1", "a-1", "B-2", "ﬀ", "FF", "C", "D", "E", "F", "G", "H"}).Draw(t, "license"),
	}
}

// take does the step in tx and in the model, and returns the refusal.
func (m *model) take(t tester, tx ports.Tx, s step) error {
	doctorID, patientID, mappingID := m.doctors.choose(s.doctor), m.patients.choose(s.patient), m.mappings.choose(s.mapping)
	doctor := newDoctor(licensed(s.license), func(in *domain.DoctorInput) { in.Name = domain.Given(s.name) })
	patient := newPatient(m.creator, func(in *domain.PatientInput) { in.Name = domain.Given(s.name) })
	mapping := newMapping(patientID, doctorID)
	switch s.verb {
	case "add doctor":
		return m.doctors.add(t, tx, doctor, m.refuseDoctor(doctor))
	case "save doctor":
		doctor.ID = doctorID
		return m.doctors.save(t, tx, doctor, m.refuseDoctor(doctor))
	case "delete doctor":
		ended, err := m.doctors.delete(t, tx, doctorID)
		m.end(t, tx, ended, func(mapping domain.Mapping) bool { return mapping.DoctorID == doctorID })
		return err
	case "restore doctor":
		return m.doctors.restore(t, tx, doctorID, m.refuseDoctor)
	case "add patient":
		return m.patients.add(t, tx, patient, nil)
	case "save patient":
		patient.ID = patientID
		return m.patients.save(t, tx, patient, nil)
	case "delete patient":
		ended, err := m.patients.delete(t, tx, patientID)
		m.end(t, tx, ended, func(mapping domain.Mapping) bool { return mapping.PatientID == patientID })
		return err
	case "restore patient":
		return m.patients.restore(t, tx, patientID, func(domain.Patient) error { return nil })
	case "assign":
		return m.mappings.add(t, tx, mapping, m.refuseMapping(mapping))
	case "move":
		mapping.ID = mappingID
		return m.mappings.save(t, tx, mapping, m.refuseMapping(mapping))
	case "unassign":
		_, err := m.mappings.delete(t, tx, mappingID)
		return err
	case "restore mapping":
		return m.mappings.restore(t, tx, mappingID, m.refuseMapping)
	default:
		return errBroken
	}
}

// end checks that the mappings that ended are those that should, and keeps that.
func (m *model) end(t tester, tx ports.Tx, ended []domain.Record, should func(domain.Mapping) bool) {
	t.Helper()
	want := slices.DeleteFunc(m.mappings.sorted(), func(mapping domain.Mapping) bool { return !should(mapping) })
	require.Len(t, ended, len(want))
	for i, mapping := range want {
		require.Equal(t, mapping, ended[i])
		m.mappings.discard(t, tx, mapping.ID)
	}
}

func (m *model) refuseDoctor(doctor domain.Doctor) error {
	for id, other := range m.doctors.rows {
		if id != doctor.ID && other.LicenseNumber.Key() == doctor.LicenseNumber.Key() {
			return domain.ErrLicenseTaken()
		}
	}
	return nil
}

func (m *model) refuseMapping(mapping domain.Mapping) error {
	var missing []string
	if m.patients.missing(mapping.PatientID) != nil {
		missing = append(missing, "patient")
	}
	if m.doctors.missing(mapping.DoctorID) != nil {
		missing = append(missing, "doctor")
	}
	if missing != nil {
		return domain.ErrNoSuchReference(missing...)
	}
	for id, other := range m.mappings.rows {
		if id != mapping.ID && other.PatientID == mapping.PatientID && other.DoctorID == mapping.DoctorID {
			return domain.ErrAlreadyAssigned()
		}
	}
	return nil
}

// requireSame checks that tx reads what the model holds.
func (m *model) requireSame(t tester, tx ports.Tx) {
	t.Helper()
	staff, err := tx.Doctors().List(t.Context(), domain.DoctorFilter{}, everything)
	require.NoError(t, err)
	require.Equal(t, m.doctors.sorted(), staff)

	wantPatients := []domain.PatientView{}
	for _, patient := range m.patients.sorted() {
		wantPatients = append(wantPatients, assigned(patient))
	}
	wantMappings := []domain.Assignment{}
	for _, mapping := range m.mappings.sorted() {
		patient, doctor := m.patients.rows[mapping.PatientID], m.doctors.rows[mapping.DoctorID]
		wantMappings = append(wantMappings, assignmentOf(mapping, patient, doctor))
		for i := range wantPatients {
			if wantPatients[i].ID == patient.ID {
				wantPatients[i].AssignedDoctors = append(wantPatients[i].AssignedDoctors, doctor.ID)
				slices.Sort(wantPatients[i].AssignedDoctors)
			}
		}
	}
	everyone, err := tx.Patients().List(t.Context(), domain.PatientFilter{}, everything)
	require.NoError(t, err)
	require.Equal(t, wantPatients, everyone)
	all, err := tx.Mappings().List(t.Context(), domain.MappingFilter{}, everything)
	require.NoError(t, err)
	require.Equal(t, wantMappings, all)
	m.doctors.requireGone(t, tx)
	m.patients.requireGone(t, tx)
	m.mappings.requireGone(t, tx)
}
