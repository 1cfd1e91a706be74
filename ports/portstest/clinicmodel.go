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

// clinicModel is what a store of doctors, patients and mappings should contain. Its
// code is much simpler than that of a store.
type clinicModel struct {
	creator  domain.ID
	doctors  recordModel[domain.Doctor]
	patients recordModel[domain.Patient]
	mappings recordModel[domain.Mapping]
}

func newClinicModel(creator domain.ID) clinicModel {
	return clinicModel{
		creator:  creator,
		doctors:  newRecordModel(doctorRecords),
		patients: newRecordModel(patientRecords),
		mappings: newRecordModel(mappingRecords),
	}
}

func (m clinicModel) clone() clinicModel {
	return clinicModel{m.creator, m.doctors.clone(), m.patients.clone(), m.mappings.clone()}
}

// entityModel holds the entities of one kind.
type entityModel[T any] struct {
	kind   entityKind[T]
	stored map[domain.ID]T
	// issued holds all IDs that were assigned, including those of deleted entities.
	issued []domain.ID
}

func (s entityModel[T]) clone() entityModel[T] {
	s.stored, s.issued = maps.Clone(s.stored), slices.Clone(s.issued)
	return s
}

// chooseID returns one of the issued IDs, or an unknown one.
func (s entityModel[T]) chooseID(choice int) domain.ID {
	if len(s.issued) == 0 || choice == choices {
		return 1 << 40
	}
	return s.issued[choice%len(s.issued)]
}

func (s entityModel[T]) errIfMissing(id domain.ID) error {
	if _, found := s.stored[id]; !found {
		return domain.ErrNotFound()
	}
	return nil
}

func (s entityModel[T]) sorted() []T {
	list := slices.AppendSeq([]T{}, maps.Values(s.stored))
	slices.SortFunc(list, func(a, b T) int { return cmp.Compare(s.kind.id(a), s.kind.id(b)) })
	return list
}

// add and the methods that follow call the store, check that it refuses what the model
// says it should, and otherwise make the same change to the model.
func (s *entityModel[T]) add(t tester, tx ports.Tx, entity T, refusal error) error {
	added, err := s.kind.repository(tx).Add(t.Context(), entity)
	requireOutcome(t, refusal, err)
	if err == nil {
		id := s.kind.id(added)
		s.stored[id] = s.kind.withID(entity, id)
		s.issued = append(s.issued, id)
	}
	return err
}

func (s *entityModel[T]) save(t tester, tx ports.Tx, entity T, refusal error) error {
	id := s.kind.id(entity)
	err := s.kind.repository(tx).Save(t.Context(), entity)
	requireOutcome(t, cmp.Or(s.errIfMissing(id), refusal), err)
	if err == nil {
		s.stored[id] = entity
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

// clinicStep is one call of a repository. The numbers choose among the issued IDs, so
// that a call often hits an existing or a deleted entity.
type clinicStep struct {
	verb                     string
	patient, doctor, mapping int
	name, license            string
}

const choices = 7

func drawClinicStep(t *rapid.T) clinicStep {
	choice := rapid.IntRange(0, choices)
	return clinicStep{
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

// apply makes the call in tx and in the model. It returns the error of a refused call.
func (m *clinicModel) apply(t tester, tx ports.Tx, s clinicStep) error {
	doctorID, patientID, mappingID := m.doctors.chooseID(s.doctor), m.patients.chooseID(s.patient), m.mappings.chooseID(s.mapping)
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
		children, err := m.doctors.delete(t, tx, doctorID)
		m.requireChildrenDeleted(t, tx, children, func(mapping domain.Mapping) bool { return mapping.DoctorID == doctorID })
		return err
	case "restore doctor":
		return m.doctors.restore(t, tx, doctorID, m.refuseDoctor)
	case "add patient":
		return m.patients.add(t, tx, patient, nil)
	case "save patient":
		patient.ID = patientID
		return m.patients.save(t, tx, patient, nil)
	case "delete patient":
		children, err := m.patients.delete(t, tx, patientID)
		m.requireChildrenDeleted(t, tx, children, func(mapping domain.Mapping) bool { return mapping.PatientID == patientID })
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
		return errAborted
	}
}

// requireChildrenDeleted checks that children are the mappings for which should returns true, and
// moves these mappings to the deleted ones.
func (m *clinicModel) requireChildrenDeleted(t tester, tx ports.Tx, children []domain.Record, should func(domain.Mapping) bool) {
	t.Helper()
	want := slices.DeleteFunc(m.mappings.sorted(), func(mapping domain.Mapping) bool { return !should(mapping) })
	require.Len(t, children, len(want))
	for i, mapping := range want {
		require.Equal(t, mapping, children[i])
		m.mappings.noteDeleted(t, tx, mapping.ID)
	}
}

func (m *clinicModel) refuseDoctor(doctor domain.Doctor) error {
	for id, other := range m.doctors.stored {
		if id != doctor.ID && other.LicenseNumber.Key() == doctor.LicenseNumber.Key() {
			return domain.ErrLicenseTaken()
		}
	}
	return nil
}

func (m *clinicModel) refuseMapping(mapping domain.Mapping) error {
	var missing []string
	if m.patients.errIfMissing(mapping.PatientID) != nil {
		missing = append(missing, "patient")
	}
	if m.doctors.errIfMissing(mapping.DoctorID) != nil {
		missing = append(missing, "doctor")
	}
	if missing != nil {
		return domain.ErrNoSuchReference(missing...)
	}
	for id, other := range m.mappings.stored {
		if id != mapping.ID && other.PatientID == mapping.PatientID && other.DoctorID == mapping.DoctorID {
			return domain.ErrAlreadyAssigned()
		}
	}
	return nil
}

// requireEqual checks that tx reads what the model contains.
func (m *clinicModel) requireEqual(t tester, tx ports.Tx) {
	t.Helper()
	staff, err := tx.Doctors().List(t.Context(), everything)
	require.NoError(t, err)
	require.Equal(t, m.doctors.sorted(), staff)

	wantPatients := []domain.PatientView{}
	for _, patient := range m.patients.sorted() {
		wantPatients = append(wantPatients, assigned(patient))
	}
	wantMappings := []domain.Assignment{}
	for _, mapping := range m.mappings.sorted() {
		patient, doctor := m.patients.stored[mapping.PatientID], m.doctors.stored[mapping.DoctorID]
		wantMappings = append(wantMappings, assignmentOf(mapping, patient, doctor))
		for i := range wantPatients {
			if wantPatients[i].ID == patient.ID {
				wantPatients[i].AssignedDoctors = append(wantPatients[i].AssignedDoctors, doctor.ID)
				slices.Sort(wantPatients[i].AssignedDoctors)
			}
		}
	}
	everyone, err := tx.Patients().List(t.Context(), everything)
	require.NoError(t, err)
	require.Equal(t, wantPatients, everyone)
	all, err := tx.Mappings().List(t.Context(), everything)
	require.NoError(t, err)
	require.Equal(t, wantMappings, all)
	m.doctors.requireDeleted(t, tx)
	m.patients.requireDeleted(t, tx)
	m.mappings.requireDeleted(t, tx)
}
