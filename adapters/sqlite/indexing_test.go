package sqlite_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// A row has the same pieces whether a trigger computes them or the program.
func TestTheProgramComputesThePiecesOfTheTriggers(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	db := direct(t, path)
	for _, text := range []string{
		"", "a", "ab", "house", "gregory house\ndiagnostics\nnj 1", "ørsted\nåse", "李雷\n𝒳y", "e\u0301",
		"rebecca adler\n1971-04-16", "李\n1971-04-16", "-", "a-bc",
	} {
		var byTrigger, byProgram string
		_, err := db.ExecContext(t.Context(), `UPDATE doctors SET search_text = ?`, text)
		require.NoError(t, err)
		require.NoError(t, db.QueryRowContext(t.Context(),
			`SELECT COALESCE(pieces, ''), search_pieces(search_text) FROM doctors JOIN doctors_pieces USING (id)`).Scan(&byTrigger, &byProgram))
		require.Equal(t, tokens(byTrigger), tokens(byProgram), text)
	}
}

// tokens returns the different tokens of pieces, in order. FTS5 ignores their case.
func tokens(pieces string) []string {
	return slices.Compact(slices.Sorted(slices.Values(strings.Fields(strings.ToLower(pieces)))))
}

// An earlier program does not note rows: the triggers index those that it writes.
func TestSearchesFindRowsOfEarlierPrograms(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	for range 2 {
		_, err := direct(t, path).ExecContext(t.Context(), `
			INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary, search_text, folding, folded_version)
			SELECT 'Gregory House', '2004-11-16', '', 'NJ', 'NJ-' || count(*), '1.00', 'gregory house', 1, 1 FROM doctors`)
		require.NoError(t, err)
	}
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		query, err := domain.DoctorList.Parse(domain.Actor{Role: domain.Staff}, domain.Parameters{"search": domain.Given("house")}, nil)
		require.NoError(t, err)
		found, err := tx.Doctors().List(t.Context(), query)
		require.Len(t, found, 2)
		return err
	}))
}

// The larger the pages of an index, the longer some commit takes, because it merges them.
func TestTheIndexesForSearchesHaveSmallPages(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	db := direct(t, path)
	_, err = db.ExecContext(t.Context(), `UPDATE doctors SET search_text = ?`,
		"abcdefghijklmnopqrstuvwxyz 0123456789 zyxwvutsrqponmlkjihgfedcba 9876543210")
	require.NoError(t, err)
	var pages, longest int
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*), max(length(block)) FROM doctors_search_data`).Scan(&pages, &longest))
	require.Greater(t, pages, 4)
	require.LessOrEqual(t, longest, 1000)
}
