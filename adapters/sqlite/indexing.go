package sqlite

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"unicode/utf8"

	"modernc.org/sqlite"

	"example.com/healthcare/adapters/sqlstore"
)

// indexedTables are the tables with a search index.
var indexedTables = []string{"doctors", "patients", "users"}

// sharedIndexing uses the table pending_search_rows as migration 20 describes.
func sharedIndexing() sqlstore.SharedIndexing {
	var end []string
	for _, table := range indexedTables {
		end = append(end, fmt.Sprintf(`
			INSERT OR REPLACE INTO %[1]s_search (rowid, pieces)
			SELECT id, search_pieces(search_text) FROM %[1]s
			WHERE id IN (SELECT id FROM pending_search_rows WHERE kind = '%[1]s')`, table))
	}
	return sqlstore.SharedIndexing{
		Begin: `INSERT INTO pending_search_rows (kind, id) VALUES ('', 0)`,
		End:   append(end, `DELETE FROM pending_search_rows`),
	}
}

// init adds searchPieces to SQL. It is faster than the views doctors_pieces, patients_pieces
// and users_pieces, whose result it has. No statement of the schema uses it, because other
// programs do not have it.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("search_pieces", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, fmt.Errorf("search_pieces: the argument is of type %T", args[0])
		}
		return searchPieces(text), nil
	})
}

// searchPieces returns the tokens of a search text, separated by spaces: its pieces of the
// sizes in sqlstore.PieceSizes and the date at its end, all in hexadecimal.
func searchPieces(text string) string {
	var ends []int // of the letters
	for start := range text {
		_, size := utf8.DecodeRuneInString(text[start:])
		ends = append(ends, start+size)
	}
	var tokens []byte
	add := func(piece string) {
		if len(tokens) > 0 {
			tokens = append(tokens, ' ')
		}
		tokens = hex.AppendEncode(tokens, []byte(piece))
	}
	start := 0
	for i, end := range ends {
		for _, size := range sqlstore.PieceSizes {
			add(text[start:ends[min(i+size, len(ends))-1]])
		}
		start = end
	}
	if date := len("2006-01-02"); len(text) >= date && text[len(text)-3] == '-' {
		add(text[len(text)-date:])
	}
	return string(tokens)
}
