package portstest

import (
	"math"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// wholeList is a page larger than any list of the tests.
var wholeList = domain.Page{Limit: math.MaxInt32}

// viewResult returns the result of fn, called in a View.
func viewResult[T any](t tester, store ports.Store, fn func(ports.Tx) (T, error)) (result T) {
	t.Helper()
	view(t, store, func(tx ports.Tx) (err error) {
		result, err = fn(tx)
		return err
	})
	return result
}

func allDoctors(t tester, store ports.Store) []domain.Doctor {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Doctor, error) {
		return tx.Doctors().List(t.Context(), domain.DoctorFilter{}, wholeList)
	})
}

func allPatients(t tester, store ports.Store) []domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.PatientView, error) {
		return tx.Patients().List(t.Context(), domain.PatientFilter{}, wholeList)
	})
}

func patientView(t tester, store ports.Store, patient domain.ID) domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.PatientView, error) { return tx.Patients().GetView(t.Context(), patient) })
}

func allMappings(t tester, store ports.Store) []domain.Assignment {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Assignment, error) {
		return tx.Mappings().List(t.Context(), domain.MappingFilter{}, wholeList)
	})
}

func listUsers(t tester, store ports.Store, query domain.UserQuery, page domain.Page) []domain.User {
	t.Helper()
	filter, _, err := query.Parse()
	require.NoError(t, err)
	return viewResult(t, store, func(tx ports.Tx) ([]domain.User, error) { return tx.Users().List(t.Context(), filter, page) })
}

func activeAdmins(t tester, store ports.Store) []domain.User {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.User, error) { return tx.Users().ActiveAdmins(t.Context()) })
}

func liveSessions(t tester, store ports.Store, user domain.ID, at time.Time) []domain.Session {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Session, error) {
		return tx.Sessions().Live(t.Context(), user, at, wholeList)
	})
}

func attemptsOf(t tester, store ports.Store, key domain.AttemptKey) domain.Attempts {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.Attempts, error) { return tx.Attempts().Get(t.Context(), key) })
}

func doctorsOfPatient(t tester, store ports.Store, patient domain.ID) []domain.Doctor {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Doctor, error) {
		return tx.Doctors().List(t.Context(), domain.DoctorFilter{PatientID: patient}, wholeList)
	})
}

func patientsOfDoctor(t tester, store ports.Store, doctor domain.ID) []domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.PatientView, error) {
		return tx.Patients().List(t.Context(), domain.PatientFilter{DoctorID: doctor}, wholeList)
	})
}

// requireConsistent checks that all lists agree with each other and that every mapping
// refers to existing records.
func requireConsistent(t tester, store ports.Store) {
	t.Helper()
	type pair struct{ patient, doctor domain.ID }
	mapped := map[pair]bool{}
	for _, found := range allMappings(t, store) {
		doctor, patient := doctors.get(t, store, found.Doctor.ID), patients.get(t, store, found.PatientID)
		mapping := mappings.get(t, store, found.ID)
		require.Equal(t, assignmentOf(mapping, patient, doctor), found)
		require.Equal(t, pair{patient.ID, doctor.ID}, pair{mapping.PatientID, mapping.DoctorID})
		require.False(t, mapped[pair{patient.ID, doctor.ID}], "a pair is mapped twice")
		mapped[pair{patient.ID, doctor.ID}] = true
	}
	everyone, staff := allPatients(t, store), allDoctors(t, store)
	for _, patient := range everyone {
		want, ids := []domain.Doctor{}, []domain.ID{}
		for _, doctor := range staff {
			if mapped[pair{patient.ID, doctor.ID}] {
				want, ids = append(want, doctor), append(ids, doctor.ID)
			}
		}
		require.Equal(t, want, doctorsOfPatient(t, store, patient.ID))
		require.Equal(t, ids, patient.AssignedDoctors)
		require.Equal(t, patient.Patient, patients.get(t, store, patient.ID))
		require.Equal(t, patient, patientView(t, store, patient.ID))
	}
	for _, doctor := range staff {
		want := []domain.PatientView{}
		for _, patient := range everyone {
			if mapped[pair{patient.ID, doctor.ID}] {
				want = append(want, patient)
			}
		}
		require.Equal(t, want, patientsOfDoctor(t, store, doctor.ID))
	}
}
