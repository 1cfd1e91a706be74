package sqlstore_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestNamesakesUseTheirIndex is about patients who share a birth date, such as one that stands
// for an unknown date.
func TestNamesakesUseTheirIndex(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			store, err := d.open()
			closing(t, store, err)
			fill(t, store, 0) // adds the creator
			update(t, store, func(tx ports.Tx) error {
				_, err := tx.Patients().Add(t.Context(), slices.Repeat([]domain.Patient{newPatient(1)}, 2_000)...)
				return err
			})
			for _, statement := range []string{"UPDATE patients SET name_folded = name_folded || id", "ANALYZE"} {
				_, err = d.db.ExecContext(t.Context(), statement)
				require.NoError(t, err)
			}
			plan := d.explain(t, name, store.SelectNamesakes(), []any{"rebecca adler", "1975-05-18", "rebecca adler7", "1975-05-17"})
			require.Contains(t, plan, "patients_date_of_birth_name_folded_idx", plan)
			if name == "SQLite" {
				require.Contains(t, plan, "(date_of_birth=? AND name_folded=?)", plan)
			}
		})
	}
}
