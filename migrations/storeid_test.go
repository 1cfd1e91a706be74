package migrations_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachStoreGetsAnIDOfItsOwn(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			provider := engine.provider(t)
			read := func() (id string) {
				_, err := provider.Up(t.Context())
				require.NoError(t, err)
				require.NoError(t, engine.db.QueryRowContext(t.Context(), `SELECT id FROM store_id`).Scan(&id))
				require.Regexp(t, `^[0-9a-f]{32}$`, id)
				return id
			}
			first := read()
			_, err := engine.db.ExecContext(t.Context(), `INSERT INTO store_id (single, id) VALUES (2, 'other')`)
			require.Error(t, err)
			_, err = provider.DownTo(t.Context(), 15)
			require.NoError(t, err)
			require.NotEqual(t, first, read())
		})
	}
}
