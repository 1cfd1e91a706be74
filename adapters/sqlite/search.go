package sqlite

import (
	"encoding/hex"
	"fmt"
	"strings"

	"example.com/healthcare/adapters/sqlstore"
)

// searchCandidates reads the IDs of the candidates before the list is read, because SQLite
// knows nothing about the frequency of pieces: it cannot choose between the index and the
// order of the list.
func searchCandidates(get func(dest any, query string, args ...any) error, table string, words sqlstore.SearchWords, arg func(any) string) (string, error) {
	var found struct {
		Number int    `db:"number"`
		IDs    string `db:"ids"`
	}
	query := fmt.Sprintf(`
		SELECT count(*) AS number, json_group_array(rowid) AS ids
		FROM (SELECT rowid FROM %[1]s_search WHERE %[1]s_search MATCH $1 LIMIT %d)`, table, sqlstore.MaxCandidates+1)
	if err := get(&found, query, matching(words)); err != nil || found.Number > sqlstore.MaxCandidates {
		return "", err
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
