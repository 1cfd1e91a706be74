package sqlite_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// The triggers give a row all pieces that the program gives it. They have others, too, for which
// no search asks: across sections, of less than the four sizes at the end of the text, and of dates.
func TestTheProgramComputesThePiecesThatSearchesAskFor(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	db := direct(t, path)
	for _, text := range []string{
		"", "a", "ab", "house", "gregory house\ndiagnostics\nnj 1", "ørsted\nåse", "李雷\n𝒳y", "e\u0301",
		"rebecca adler\nKTJK-AB-CD", "李\nKTJK-AB-CD", "aaaaaaa\naaaa",
	} {
		var byTrigger, byProgram string
		_, err := db.ExecContext(t.Context(), `UPDATE doctors SET search_text = ?`, text)
		require.NoError(t, err)
		require.NoError(t, db.QueryRowContext(t.Context(),
			`SELECT COALESCE(pieces, ''), search_pieces(search_text) FROM doctors JOIN doctors_pieces USING (id)`).Scan(&byTrigger, &byProgram))
		body, date, isDated := strings.Cut(text, "KTJK")
		expected := slices.DeleteFunc(tokens(byTrigger), func(token string) bool {
			piece, err := hex.DecodeString(token)
			require.NoError(t, err)
			return !strings.Contains(body, string(piece)) || strings.Contains(string(piece), "\n") || utf8.RuneCount(piece) == 4
		})
		if isDated {
			expected = append(expected, hex.EncodeToString([]byte("KTJK"+date)))
			slices.Sort(expected)
		}
		require.Equal(t, expected, tokens(byProgram), text)
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
