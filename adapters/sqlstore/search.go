package sqlstore

import (
	"context"
	"math"
	"slices"
	"strings"

	"example.com/healthcare/domain"
)

// SearchWords holds the pieces by which an index finds the words of a search: for each word,
// for each of its alternatives, pieces that a search text with this alternative has. Other
// search texts can have them too.
type SearchWords [][][]string

// pieceSizes are the numbers of letters of the pieces in the indexes. A word of many letters is
// found by long pieces, because few records have them.
var pieceSizes = []int{5, 3, 2, 1}

// MaxCandidates is the number of rows up to which looking up all of them is faster than
// reading a table of so many rows in the order of the list until limit rows are found; 0
// stands for all rows. A row that is looked up takes as long as four that are read in order.
func MaxCandidates(rows float64, limit int) float64 {
	if limit == 0 {
		return rows / 4
	}
	return min(rows/4, math.Sqrt(float64(limit)*rows/4))
}

// searchCondition returns a condition for the rows of table that the search selects. It suits
// a query for limit rows in some order, or for all rows if limit is 0. arg adds a parameter
// and returns its name. The condition is exact: the index only finds candidates, and each is
// compared with its search text.
func (q *querier) searchCondition(ctx context.Context, table string, search domain.Search, limit int, arg func(value any) string) (string, error) {
	if search.IsZero() {
		return `TRUE`, nil
	}
	// A parameter that the condition does not use would be an error.
	if slices.ContainsFunc(search.Words(), func(alternatives []string) bool { return len(alternatives) == 0 }) {
		return `FALSE`, nil
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
	candidates, err := q.engine.SearchCandidates(func(dest any, query string, args ...any) error {
		return q.get(ctx, dest, query, args...)
	}, table, words, limit, arg)
	if err != nil {
		return "", err
	}
	if candidates != "" {
		conditions = append([]string{candidates}, conditions...)
	}
	return strings.Join(conditions, ` AND `), nil
}

// pieces returns pieces that cover the text. A date is one piece: only dates have hyphens
// (domain.Fold).
func pieces(text string) (list []string) {
	if strings.Contains(text, "-") {
		return []string{text}
	}
	letters := []rune(text)
	size := pieceSizes[slices.IndexFunc(pieceSizes, func(size int) bool { return size <= len(letters) })]
	for at := 0; at < len(letters); at += size {
		at = min(at, len(letters)-size)
		list = append(list, string(letters[at:at+size]))
	}
	return list
}
