package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"example.com/healthcare/domain"
)

// SearchWords holds the pieces by which an index finds the words of a search: for each word,
// for each of its alternatives, pieces that a search text with this alternative has. Other
// search texts can have them too.
type SearchWords [][][]string

// PieceSizes are the numbers of letters of the pieces in the indexes. A word of many letters is
// found by long pieces, because few records have them.
var PieceSizes = []int{5, 3, 2, 1}

// MaxCandidates is the number of rows up to which looking up all of them is faster than
// reading a table of so many rows in the order of the list until limit rows are found, if
// these are spread evenly; 0 stands for all rows. A row that is looked up takes as long as one
// that is read by the index on a name, or as four that are read in the order of the table.
func MaxCandidates(rows float64, limit int) float64 {
	if limit == 0 {
		return rows / 4
	}
	return min(rows/4, math.Sqrt(float64(limit)*rows))
}

// rows returns about how many rows the table has, below 0 if the engine does not know.
func (q *querier) rows(ctx context.Context, table string) (rows float64, err error) {
	err = q.get(ctx, &rows, fmt.Sprintf(q.engine.Rows, table))
	return rows, err
}

// searchCondition returns a condition for the rows of table that the search selects. It suits
// a query for limit rows in some order, or for all rows if limit is 0. arg adds a parameter
// and returns its name. The condition is exact: the index only finds candidates, and each is
// compared with its search text. indexed says whether the condition uses the index; otherwise
// the rows are best read in the order of the list.
func (q *querier) searchCondition(ctx context.Context, table string, search domain.Search, limit int, arg func(value any) string) (condition string, indexed bool, err error) {
	if search.IsZero() {
		return `TRUE`, false, nil
	}
	// A parameter that the condition does not use would be an error.
	if slices.ContainsFunc(search.Words(), func(alternatives []string) bool { return len(alternatives) == 0 }) {
		return `FALSE`, true, nil
	}
	var words SearchWords
	var conditions []string
	for _, alternatives := range search.Words() {
		var word [][]string
		var contained []string
		for _, text := range alternatives {
			word = append(word, pieces(text))
			contained = append(contained, q.engine.Contains+`(`+table+`.search_text, `+arg(text)+`) > 0`)
		}
		words = append(words, word)
		conditions = append(conditions, `(`+strings.Join(contained, ` OR `)+`)`)
	}
	if err := q.indexNoted(ctx); err != nil {
		return "", false, err
	}
	rows, err := q.rows(ctx, table)
	if err != nil {
		return "", false, err
	}
	candidates, err := q.engine.SearchCandidates(func(dest any, query string, args ...any) error {
		return q.get(ctx, dest, query, args...)
	}, table, words, rows, limit, arg)
	if err != nil {
		return "", false, err
	}
	if candidates != "" {
		conditions = append([]string{candidates}, conditions...)
	}
	return strings.Join(conditions, ` AND `), candidates != "", nil
}

// pieces returns pieces that cover the text. A date is one piece: only dates have hyphens
// (domain.Fold).
func pieces(text string) (list []string) {
	if strings.Contains(text, "-") {
		return []string{text}
	}
	letters := []rune(text)
	size := PieceSizes[slices.IndexFunc(PieceSizes, func(size int) bool { return size <= len(letters) })]
	for at := 0; at < len(letters); at += size {
		at = min(at, len(letters)-size)
		list = append(list, string(letters[at:at+size]))
	}
	return list
}
