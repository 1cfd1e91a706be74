package passwords

import (
	"regexp"
	"strconv"

	"github.com/ccojocar/zxcvbn-go/entropy"
	"github.com/ccojocar/zxcvbn-go/match"
)

// firstYear and lastYear limit the years that are written with four digits.
const firstYear, lastYear = 1900, 2050

// Dates with separators, the year at the end or at the beginning.
var (
	yearLast  = regexp.MustCompile(`(\d{1,2})[\s\-/\\_.](\d{1,2})[\s\-/\\_.]((?:19|20)\d{2}|\d{2})`)
	yearFirst = regexp.MustCompile(`((?:19|20)\d{2}|\d{2})[\s\-/\\_.](\d{1,2})[\s\-/\\_.](\d{1,2})`)
)

// matchDates finds dates with and without separators.
func matchDates(text string) (found []match.Match) {
	add := func(i, end int, year, first, second, separator string) {
		if date, valid := readDate(year, first, second); valid {
			date.Separator = separator
			found = append(found, match.Match{Pattern: "date", I: i, J: end - 1, Token: text[i:end], Entropy: entropy.DateEntropy(date)})
		}
	}
	const anySeparator = "."
	for _, at := range yearLast.FindAllStringSubmatchIndex(text, -1) {
		add(at[0], at[1], text[at[6]:at[7]], text[at[2]:at[3]], text[at[4]:at[5]], anySeparator)
	}
	for _, at := range yearFirst.FindAllStringSubmatchIndex(text, -1) {
		add(at[0], at[1], text[at[2]:at[3]], text[at[4]:at[5]], text[at[6]:at[7]], anySeparator)
	}
	for i := range text {
		for _, length := range []int{6, 8} {
			if i+length > len(text) || !isDigits(text[i:i+length]) {
				continue
			}
			digits, year := text[i:i+length], length-4
			add(i, i+length, digits[4:], digits[:2], digits[2:4], "")
			add(i, i+length, digits[:year], digits[year:year+2], digits[year+2:], "")
		}
	}
	return found
}

// readDate reads the numbers of a date. The day and the month can be in either order.
func readDate(year, first, second string) (date match.DateMatch, valid bool) {
	// Two to four digits are always a number.
	y, _ := strconv.ParseInt(year, 10, 64)
	a, _ := strconv.ParseInt(first, 10, 64)
	b, _ := strconv.ParseInt(second, 10, 64)
	valid = min(a, b) >= 1 && min(a, b) <= 12 && max(a, b) <= 31 && (len(year) == 2 || firstYear <= y && y <= lastYear)
	return match.DateMatch{Year: y}, valid
}

func isDigits(text string) bool {
	for i := range text {
		if text[i] < '0' || '9' < text[i] {
			return false
		}
	}
	return true
}
