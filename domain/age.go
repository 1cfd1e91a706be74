package domain

import (
	"strconv"
	"time"
)

// Age is a number of days or of calendar years. The zero Age means that none is set.
type Age struct{ years, days int }

// ParseAge parses 1 to 100 calendar years, such as 10y, or 1 to 36500 days, such as 90d.
func ParseAge(text string) (Age, error) {
	if text != "" {
		number, unit := text[:len(text)-1], text[len(text)-1]
		n, err := strconv.Atoi(number)
		switch {
		case err != nil || strconv.Itoa(n) != number || n < 1:
		case unit == 'y' && n <= 100:
			return Age{years: n}, nil
		case unit == 'd' && n <= 36500:
			return Age{days: n}, nil
		}
	}
	return Age{}, invalid("Give a number of years from 1 to 100, such as 10y, or of days from 1 to 36500, such as 90d.")
}

// Cutoff returns now minus the age. If that is 29 February of a year without this day, it is
// 28 February: with 1 March, a record would count as older than it is.
func (a Age) Cutoff(now time.Time) time.Time {
	now = now.UTC()
	before := now.AddDate(-a.years, 0, -a.days)
	if a.years > 0 && before.Day() != now.Day() {
		before = before.AddDate(0, 0, -1)
	}
	return before
}
