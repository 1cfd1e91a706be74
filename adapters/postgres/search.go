package postgres

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"example.com/healthcare/adapters/sqlstore"
)

// maxBitmap is the number of rows for which a bitmap of their pages fits into a work_mem of
// 4 MB, PostgreSQL's default.
const maxBitmap = 50_000

// searchCandidates looks up the pieces in the table of search texts, which triggers keep (step 20
// of the schema). It leaves out the index if the planner expects it to find many rows. With
// such a condition, a scan that does not use the index, or a bitmap that is too large for
// work_mem, would evaluate search_pieces for each row.
func searchCandidates(get func(dest any, query string, args ...any) error, table string, words sqlstore.SearchWords, rows float64, limit int, arg func(any) string) (string, error) {
	var args []any
	condition := havingPieces(table+"_search", words, func(value any) string {
		args = append(args, value)
		return fmt.Sprintf(`$%d`, len(args))
	})
	var explained string
	// The text depends on the numbers of words and of their alternatives.
	if err := get(&explained, sqlstore.Unprepared+`EXPLAIN (FORMAT JSON) SELECT FROM `+table+`_search WHERE `+condition, args...); err != nil {
		return "", err
	}
	var plan []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal([]byte(explained), &plan); err != nil || len(plan) != 1 {
		return "", fmt.Errorf("postgres: read the estimate of a search: %w", err)
	}
	// The planner knows the frequent pieces. It takes any other for one in 200 rows. It knows
	// nothing of a table that was never analyzed, which has -1 rows.
	most := min(max(sqlstore.MaxCandidates(rows, limit), rows/100), maxBitmap)
	if rows >= 0 && plan[0].Plan.Rows > most {
		return "", nil
	}
	return amongIDs(table, `SELECT id FROM `+table+`_search WHERE `+havingPieces(table+"_search", words, arg)), nil
}

// amongIDs returns a condition for the rows of table whose IDs query selects. For IN, the
// planner can decide to read the table in the order of the list.
func amongIDs(table, query string) string { return table + `.id = ANY (ARRAY(` + query + `))` }

// havingPieces returns a condition for the rows of a table of search texts that have the words' pieces.
func havingPieces(table string, words sqlstore.SearchWords, arg func(any) string) string {
	having := func(pieces []string) string {
		return `search_pieces(` + table + `.search_text) @> CAST(` + arg(pq.StringArray(pieces)) + ` AS text[])`
	}
	var every []string // the pieces of all words without alternatives
	var conditions []string
	for _, alternatives := range words {
		if len(alternatives) == 1 {
			every = append(every, alternatives[0]...)
			continue
		}
		any := make([]string, len(alternatives))
		for i, pieces := range alternatives {
			any[i] = having(pieces)
		}
		conditions = append(conditions, `(`+strings.Join(any, ` OR `)+`)`)
	}
	if every != nil {
		conditions = append(conditions, having(every))
	}
	return strings.Join(conditions, ` AND `)
}
