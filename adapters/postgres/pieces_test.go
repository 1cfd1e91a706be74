package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlstore"
)

// A text has all pieces of its sections, and no others, which would cost time with each change.
func TestPiecesAreThoseThatSearchesAskFor(t *testing.T) {
	dsn := pgtest.New(t)
	for _, sections := range [][]string{
		nil,
		{"a"},
		{"ab"},
		{"rebecca adler"},
		{"rebecca adler", "r@b.example", "mrn 1", "EECAH"},
		{"rebecca adler", "1980-02-03"},
		{"李", "1980-02-03"},
		{"äöü€𝄞ß", "𝄞", "bb"},
		{"aaaaaaa", "aaaa"},
	} {
		expected := []string{}
		for _, section := range sections {
			if strings.Contains(section, "-") {
				expected = append(expected, section)
				continue
			}
			letters := []rune(section)
			for _, size := range sqlstore.PieceSizes {
				for at := 0; at+size <= len(letters); at++ {
					expected = append(expected, string(letters[at:at+size]))
				}
			}
		}
		slices.Sort(expected)
		text := strings.Join(sections, "\n")
		found := query[pq.StringArray](t, dsn, fmt.Sprintf(`SELECT search_pieces(%s)`, pq.QuoteLiteral(text)))
		require.NotNil(t, found, text)
		slices.Sort(found)
		require.Equal(t, slices.Compact(expected), slices.Compact([]string(found)), text)
	}
}
