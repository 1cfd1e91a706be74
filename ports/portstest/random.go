package portstest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testRandom checks that a store and its model stay the same, whatever is done
// in whatever order.
func testRandom(s suite) {
	s.promise("random Updates are refused and stored as they should", func(t *testing.T, store ports.Store) {
		creator := users.addNew(t, store).ID
		updates := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawStep), 1, 8), 2, 6)
		rapid.Check(t, func(t *rapid.T) {
			discharge(t, store)
			m := newModel(creator)
			for _, steps := range append([][]step{opening}, updates.Draw(t, "updates")...) {
				next, err := m.after(t, store, steps)
				if err == nil {
					m = next
				}
				view(t, store, func(tx ports.Tx) error {
					m.requireSame(t, tx)
					return nil
				})
			}
		})
	})
}

// testRandomSignIns does the same with users, who are never deleted: each run has
// users of its own, above all that were there before.
func testRandomSignIns(s suite) {
	s.promise("random sign-ins are refused and stored as they should", func(t *testing.T, store ports.Store) {
		updates := rapid.SliceOfN(rapid.SliceOfN(rapid.Custom(drawDeed), 1, 8), 2, 6)
		rapid.Check(t, func(t *rapid.T) {
			retire(t, store)
			r := newRoster(users.addNew(t, store).ID)
			for _, deeds := range append([][]deed{{{verb: "register"}, {verb: "register"}}}, updates.Draw(t, "updates")...) {
				next, err := r.after(t, store, deeds)
				if err == nil {
					r = next
				}
				view(t, store, func(tx ports.Tx) error {
					r.requireSame(t, tx)
					return nil
				})
			}
		})
	})
}

// retire deactivates all administrators.
func retire(t tester, store ports.Store) {
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

// opening gives the steps that follow something to work on.
var opening = []step{
	{verb: "add doctor", name: "Cameron", license: "G"},
	{verb: "add doctor", name: "Chase", license: "H"},
	{verb: "add patient", name: "Foreman", license: "-"},
	{verb: "add patient", name: "Foreman", license: "-"},
	{verb: "assign", patient: 0, doctor: 1, name: "-", license: "-"},
	{verb: "assign", patient: 1, doctor: 1, name: "-", license: "-"},
}

// after takes the steps in one Update, up to the first that is refused for
// another reason than NotFound, and returns what the store holds if it commits.
func (m model) after(t tester, store ports.Store, steps []step) (next model, err error) {
	err = store.Update(t.Context(), func(tx ports.Tx) error {
		next = m.clone()
		for _, step := range steps {
			if err := next.take(t, tx, step); err != nil && domain.KindOf(err) != domain.NotFound {
				return err
			}
		}
		next.requireSame(t, tx)
		return nil
	})
	return next, err
}

// discharge deletes all patients and doctors, and forgets who was deleted before.
func discharge(t tester, store ports.Store) {
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
			if _, err := tx.Retention().Purge(t.Context(), kind.Kind, never, math.MaxInt32); err != nil {
				return err
			}
		}
		return nil
	})
}
