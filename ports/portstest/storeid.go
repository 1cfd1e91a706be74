package portstest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testStoreID(s suite) {
	s.promise("a store has an ID, the same in each View and Update", func(t *testing.T, store ports.Store) {
		before := viewResult(t, store, func(tx ports.Tx) (domain.StoreID, error) { return tx.StoreID(t.Context()) })
		require.NotEqual(t, domain.StoreID{}, before)
		update(t, store, func(tx ports.Tx) error {
			during, err := tx.StoreID(t.Context())
			require.Equal(t, before, during)
			return err
		})
	})
}
