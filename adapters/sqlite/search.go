package sqlite

import (
	"encoding/hex"
	"fmt"
	"strings"

	"example.com/healthcare/adapters/sqlstore"
)

// searchCandidates counts the candidates first, up to the number from which the index is of no
// use: SQLite knows nothing about the frequency of pieces, so it cannot choose between the
// index and the order of the list. For a part of a list it also reads their IDs, which are few,
// so that the index is read only once.
func searchCandidates(get func(dest any, query string, args ...any) error, table string, words sqlstore.SearchWords, rows float64, limit int, arg func(any) string) (string, error) {
	most := int(sqlstore.MaxCandidates(rows, limit)) + 1
	ids := `''`
	if limit > 0 {
		ids = `json_group_array(rowid)`
	}
	var found struct {
		Number int    `db:"number"`
		IDs    string `db:"ids"`
	}
	match := fmt.Sprintf(`SELECT rowid FROM %[1]s_search WHERE %[1]s_search MATCH `, table)
	query := `SELECT count(*) AS number, ` + ids + ` AS ids FROM (` + match + `$1 LIMIT $2)`
	switch err := get(&found, query, matching(words), most+1); {
	case err != nil || found.Number > most:
		return "", err
	case limit == 0:
		return table + `.id IN (` + match + arg(matching(words)) + `)`, nil
	}
	return table + `.id IN (SELECT value FROM json_each(` + arg(found.IDs) + `))`, nil
}

// matching returns an FTS5 query. Tokens are in hexadecimal, so no letter of a word is part
// of the query's syntax.
func matching(words sqlstore.SearchWords) string {
	all := make([]string, len(words))
	for i, alternatives := range words {
		any := make([]string, len(alternatives))
		for j, pieces := range alternatives {
			tokens := make([]string, len(pieces))
			for k, piece := range pieces {
				tokens[k] = `"` + hex.EncodeToString([]byte(piece)) + `"`
			}
			any[j] = `(` + strings.Join(tokens, ` AND `) + `)`
		}
		all[i] = `(` + strings.Join(any, ` OR `) + `)`
	}
	return strings.Join(all, ` AND `)
}
