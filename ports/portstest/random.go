package portstest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRandom checks that a store stays equal to its model after random calls.
func testRandom(s suite) {
	s.promise("the store equals a simple model after random Updates of records", func(t *testing.T, store ports.Store) {
		creator := users.addNew(t, store).ID
		updates := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawClinicStep), 1, 8), 2, 6)
		rapid.Check(t, func(t *rapid.T) {
			deleteAll(t, store)
			m := newClinicModel(creator)
			for _, steps := range append([][]clinicStep{initialSteps}, updates.Draw(t, "updates")...) {
				next, err := m.applyAll(t, store, steps)
				if err == nil {
					m = next
				}
				view(t, store, func(tx ports.Tx) error {
					m.requireEqual(t, tx)
					return nil
				})
			}
		})
	})
}

// testRandomSignIns does the same for users, sessions and attempts. Users are never
// deleted, so each run ignores the users that existed before it.
func testRandomSignIns(s suite) {
	s.promise("the store equals a simple model after random Updates of users, sessions and attempts", func(t *testing.T, store ports.Store) {
		updates := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawSignInStep), 1, 8), 2, 6)
		rapid.Check(t, func(t *rapid.T) {
			deactivateAdmins(t, store)
			r := newSignInModel(users.addNew(t, store).ID)
			for _, steps := range append([][]signInStep{{{verb: "register"}, {verb: "register"}}}, updates.Draw(t, "updates")...) {
				next, err := r.applyAll(t, store, steps)
				if err == nil {
					r = next
				}
				view(t, store, func(tx ports.Tx) error {
					r.requireEqual(t, tx)
					return nil
				})
			}
		})
	})
}

// deactivateAdmins deactivates all administrators.
func deactivateAdmins(t tester, store ports.Store) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		admins, err := tx.Users().ActiveAdmins(t.Context())
		if err != nil {
			return err
		}
		for _, admin := range admins {
			admin.Active = false
			require.NoError(t, tx.Users().Save(t.Context(), admin))
		}
		return nil
	})
}

// initialSteps add entities for the following steps to work on.
var initialSteps = []clinicStep{
	{verb: "add doctor", name: "Cameron", license: "G"},
	{verb: "add doctor", name: "Chase", license: "H"},
	{verb: "add patient", name: "Foreman", license: "-"},
	{verb: "add patient", name: "Foreman", license: "-"},
	{verb: "assign", patient: 0, doctor: 1, name: "-", license: "-"},
	{verb: "assign", patient: 1, doctor: 1, name: "-", license: "-"},
}

// applyAll applies the steps in one Update, until one fails with an error other than
// NotFound. It returns the model for the case that the Update commits.
func (m clinicModel) applyAll(t tester, store ports.Store, steps []clinicStep) (next clinicModel, err error) {
	err = store.Update(t.Context(), func(tx ports.Tx) error {
		next = m.clone()
		for _, step := range steps {
			if err := next.apply(t, tx, step); err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		next.requireEqual(t, tx)
		return nil
	})
	return next, err
}

// deleteAll deletes and purges all patients and doctors.
func deleteAll(t tester, store ports.Store) {
	t.Helper()
	everyone, staff := allPatients(t, store), allDoctors(t, store)
	update(t, store, func(tx ports.Tx) error {
		for _, patient := range everyone {
			patients.deleteIn(t, tx, patient.ID)
		}
		for _, doctor := range staff {
			doctors.deleteIn(t, tx, doctor.ID)
		}
		for _, kind := range domain.RecordKinds() {
			if _, err := tx.Retention().Purge(t.Context(), kind.Kind, endOfTime, math.MaxInt32); err != nil {
				return err
			}
		}
		return nil
	})
}
