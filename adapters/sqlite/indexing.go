package sqlite

import (
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strings"

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
// and users_pieces, by which the triggers index rows, and leaves out pieces that no search asks
// for. No statement of the schema uses it, because other programs do not have it.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("search_pieces", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		text, ok := args[0].(string)
		if !ok {
			return nil, fmt.Errorf("search_pieces: the argument is of type %T", args[0])
		}
		return searchPieces(text), nil
	})
}

// searchPieces returns the tokens of a search text, separated by spaces and in hexadecimal: the
// pieces of its sections of the sizes in sqlstore.PieceSizes, and a date as a whole, because
// only dates have hyphens.
func searchPieces(text string) string {
	var tokens []byte
	add := func(piece string) {
		if len(tokens) > 0 {
			tokens = append(tokens, ' ')
		}
		tokens = hex.AppendEncode(tokens, []byte(piece))
	}
	for section := range strings.SplitSeq(text, "\n") {
		if strings.Contains(section, "-") {
			add(section)
			continue
		}
		var starts []int // of the letters, and the end
		for start := range section {
			starts = append(starts, start)
		}
		starts = append(starts, len(section))
		for i, start := range starts {
			for _, size := range sqlstore.PieceSizes {
				if i+size < len(starts) {
					add(section[start:starts[i+size]])
				}
			}
		}
	}
	return string(tokens)
}
