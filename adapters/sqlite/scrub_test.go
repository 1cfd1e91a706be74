package sqlite_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// The search index holds the letters of a name in hexadecimal.
func TestScrubRemovesTheLettersOfDeletedRecordsFromTheFile(t *testing.T) {
	path := newPath(t)
	var ids []domain.ID
	// traces runs fn in an Update and returns how often the file then contains the letter.
	traces := func(letter string, fn func(tx ports.Tx) error) int {
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err)
		require.NoError(t, store.Update(t.Context(), fn))
		require.NoError(t, store.Close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return bytes.Count(content, []byte(hex.EncodeToString([]byte(letter)))) + bytes.Count(content, []byte(letter))
	}
	nothing := func(ports.Tx) error { return nil }
	require.Positive(t, traces("龘", func(tx ports.Tx) error {
		user, err := tx.Users().Add(t.Context(), domain.User{Role: domain.Staff})
		if err != nil {
			return err
		}
		for _, name := range []string{"龘龘", "Ada", "鱻鱻"} {
			patient, err := ports.AddOne(t.Context(), tx.Patients(), domain.Patient{CreatedBy: user.ID, Name: domain.FromStored[domain.Name](name)})
			if err != nil {
				return err
			}
			ids = append(ids, patient.ID)
		}
		return nil
	}))
	require.Positive(t, traces("龘", func(tx ports.Tx) error {
		_, _, err := tx.Patients().Delete(t.Context(), ids[0])
		return err
	}), "deleting is not enough")
	for range 2 {
		require.NoError(t, sqlite.Scrub(t.Context(), path))
		require.Zero(t, traces("龘", nothing))
		require.Positive(t, traces("鱻", nothing), "other records stay in the index")
	}
}
