package sqlstore_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// rename returns an Update that changes the name of a patient.
func rename(t *testing.T, id domain.ID, name string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		patient, err := tx.Patients().Get(t.Context(), id)
		if err != nil {
			return err
		}
		patient.Name = domain.FromStored[domain.Name](name)
		return tx.Patients().Save(t.Context(), patient)
	}
}

func TestSearchesFindWhatUpdatesOfASharedTransactionWrote(t *testing.T) {
	store := openShared(t, nil)
	first := fill(t, store, 3)
	failed := errors.New("failed")
	var added, seen []domain.ID
	for i, err := range (&crowd{t: t, store: store}).meet(
		rename(t, first, "Eve Foreman"),
		rename(t, first+1, "Eve Chase"),
		func(tx ports.Tx) error { // It fails, so its change is undone.
			return errors.Join(rename(t, first+2, "Eve Kutner")(tx), failed)
		},
		func(tx ports.Tx) error {
			added = nil
			for range 2 {
				patient, err := ports.AddOne(t.Context(), tx.Patients(), newPatient(1))
				if err != nil {
					return err
				}
				added = append(added, patient.ID)
			}
			return rename(t, added[0], "Eve Taub")(tx)
		},
		func(tx ports.Tx) error { // It deletes what the one before has added.
			_, _, err := tx.Patients().Delete(t.Context(), added[1])
			return err
		},
		func(tx ports.Tx) (err error) {
			if err := rename(t, added[0], "Eve Hadley")(tx); err != nil {
				return err
			}
			seen, err = sqlstore.FindIn(t.Context(), tx, "patients", parseSearch(t, "eve"))
			return err
		},
		rename(t, first, "Eve Cameron"),
		func(tx ports.Tx) error {
			user, err := tx.Users().Get(t.Context(), 1)
			if err != nil {
				return err
			}
			user.LastName = domain.FromStored[domain.PersonName]("Ørsted")
			return tx.Users().Save(t.Context(), user)
		},
		addDoctor(t, "NJ-77"),
	) {
		if i == 2 {
			require.ErrorIs(t, err, failed)
		} else {
			require.NoError(t, err, i)
		}
	}
	require.EqualValues(t, 1, store.Stats().Commits-1, "one transaction, after that of fill")
	require.Equal(t, []domain.ID{first, first + 1, added[0]}, seen, "in the transaction")
	require.Equal(t, []domain.ID{first, first + 1, added[0]}, find(t, store, "patients", "eve"))
	require.Equal(t, []domain.ID{first}, find(t, store, "patients", "cameron"))
	require.Equal(t, []domain.ID{added[0]}, find(t, store, "patients", "hadley"))
	for _, undone := range []string{"foreman", "kutner", "taub"} {
		require.Empty(t, find(t, store, "patients", undone))
	}
	require.Len(t, find(t, store, "users", "orsted"), 1)
	require.Len(t, find(t, store, "doctors", "nj-77"), 1)
	// Nothing searches in this transaction.
	for _, err := range (&crowd{t: t, store: store}).meet(rename(t, first, "Amber Volakis"), rename(t, first+1, "Amber Tritter")) {
		require.NoError(t, err)
	}
	require.Equal(t, []domain.ID{first, first + 1}, find(t, store, "patients", "amber"))
	update(t, store, func(tx ports.Tx) error { // A row that stays would make earlier programs note their rows.
		return sqlstore.Exec(t.Context(), tx, `INSERT INTO pending_search_rows (kind, id) VALUES ('', 0)`)
	})
}
