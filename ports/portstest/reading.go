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

// everything is the query of a whole list.
var everything = domain.ListQuery{Limit: math.MaxInt32}

// is returns the condition that a filter has a value.
func is(filter string, value domain.Value) domain.Condition {
	return domain.Condition{Filter: filter, Comparison: domain.Equal, Value: value}
}

// filtered returns the query of all that meet the conditions.
func filtered(conditions ...domain.Condition) domain.ListQuery {
	return domain.ListQuery{Conditions: conditions, Limit: math.MaxInt32}
}

// pageQuery returns the query of a page in the order of the IDs.
func pageQuery(page domain.Page, conditions ...domain.Condition) domain.ListQuery {
	return domain.ListQuery{Conditions: conditions, After: &domain.Position{ID: page.After}, Limit: page.Limit}
}

// parseQuery returns the query for the parameters of a whole list.
func parseQuery[T any](t tester, listing domain.Listing[T], in domain.Parameters) domain.ListQuery {
	t.Helper()
	query, err := listing.Parse(domain.Actor{Role: domain.Admin}, in, func(string, string) (string, bool) { return "", false })
	require.NoError(t, err)
	query.Limit = math.MaxInt32
	return query
}

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
		return tx.Doctors().List(t.Context(), everything)
	})
}

func allPatients(t tester, store ports.Store) []domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.PatientView, error) {
		return tx.Patients().List(t.Context(), everything)
	})
}

func patientView(t tester, store ports.Store, patient domain.ID) domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.PatientView, error) { return tx.Patients().GetView(t.Context(), patient) })
}

func allMappings(t tester, store ports.Store) []domain.Assignment {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Assignment, error) {
		return tx.Mappings().List(t.Context(), everything)
	})
}

func listUsers(t tester, store ports.Store, query domain.ListQuery) []domain.User {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.User, error) { return tx.Users().List(t.Context(), query) })
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
		return tx.Doctors().List(t.Context(), filtered(is("patient_id", patient)))
	})
}

func patientsOfDoctor(t tester, store ports.Store, doctor domain.ID) []domain.PatientView {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.PatientView, error) {
		return tx.Patients().List(t.Context(), filtered(is("doctor_id", doctor)))
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
