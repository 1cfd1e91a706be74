package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestFreeTextsThatAreNotAskedForAreNotRead(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			id := fill(t, store, 1)
			update(t, store, func(tx ports.Tx) error {
				patient, err := tx.Patients().Get(t.Context(), id)
				require.NoError(t, err)
				patient.Address, patient.MedicalRecord = domain.FromStored[domain.Text]("4 Elm Street"), domain.FromStored[domain.Text]("Well.")
				return tx.Patients().Save(t.Context(), patient)
			})
			for _, fields := range [][]string{nil, {"id", "name"}, {"address"}, {"medical_record", "version"}} {
				wants := domain.ListQuery{Fields: fields, Limit: 10}
				require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
					one, err := tx.Patients().GetView(t.Context(), id, fields...)
					require.NoError(t, err)
					list, err := tx.Patients().List(t.Context(), wants)
					require.NoError(t, err)
					require.Len(t, list, 1)
					for _, patient := range append(list, one) {
						require.Equal(t, wants.Wants("address"), patient.Address.String() != "", "%v", fields)
						require.Equal(t, wants.Wants("medical_record"), patient.MedicalRecord.String() != "", "%v", fields)
						require.NotEmpty(t, patient.Name.String())
					}
					return nil
				}))
			}
		})
	}
}
