package recordfiles

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// dateFormat is how the dates of a file are written, besides YYYY-MM-DD. The zero dateFormat
// is no other way.
type dateFormat struct {
	pattern *regexp.Regexp
}

// tokens are the parts of a date format. The patterns have the names of their parts.
var tokens = map[string]string{
	"YYYY": `(?P<year>[0-9]{4})`,
	"MMM":  `(?P<name>\pL+)\.?`,
	"MM":   `(?P<month>[0-9]{2})`, "M": `(?P<month>[0-9]{1,2})`,
	"DD": `(?P<day>[0-9]{2})`, "D": `(?P<day>[0-9]{1,2})`,
}

var tokenPattern = regexp.MustCompile(`[YMD]+|[^YMD]+`)

const dateFormatHelp = "use YYYY, MM or MMM (the month's name), and DD, such as DD.MM.YYYY, MM/DD/YYYY or D MMM YYYY. Two-digit years are not read: 26 can be 1926 and 2026"

// parseDateFormat parses a format such as DD.MM.YYYY. Letter case does not count. Between
// separators, MM and DD are also read without a leading zero.
func parseDateFormat(text string) (dateFormat, error) {
	if text == "" {
		return dateFormat{}, nil
	}
	pattern, last := "", ""
	parts := tokenPattern.FindAllString(strings.ToUpper(strings.TrimSpace(text)), -1)
	separated := len(parts) >= 5 // three parts of the date, and what is between them
	if len(parts) == 1 {
		parts = regexp.MustCompile(`Y+|M+|D+`).FindAllString(parts[0], -1)
	}
	seen := map[byte]bool{}
	for _, part := range parts {
		last = part[:1]
		known, isToken := tokens[part]
		switch {
		case isToken && seen[last[0]], !isToken && strings.ContainsAny(part, "YMD0123456789"):
			return dateFormat{}, errOption("date-format", dateFormatHelp)
		case isToken:
			seen[last[0]] = true
			if separated && len(part) == 2 {
				known = tokens[last]
			}
			pattern += known
		case strings.TrimSpace(part) == "":
			pattern += `\s+`
		default:
			pattern += `\s*` + regexp.QuoteMeta(strings.TrimSpace(part)) + `\s*`
		}
	}
	if len(seen) != 3 || !separated && len(parts) != 3 {
		return dateFormat{}, errOption("date-format", dateFormatHelp)
	}
	return dateFormat{regexp.MustCompile("^" + pattern + "$")}, nil
}

// months are the beginnings of the months' names, in English and German.
var months = map[string]int{
	"jan": 1, "jän": 1, "jae": 1, "feb": 2, "mar": 3, "mär": 3, "mae": 3, "mrz": 3, "apr": 4, "may": 5, "mai": 5, "jun": 6, "jul": 7,
	"aug": 8, "sep": 9, "oct": 10, "okt": 10, "nov": 11, "dec": 12, "dez": 12,
}

var (
	midnight  = regexp.MustCompile(`(?i)[T ]+(0?0:00(:00([.,]0+)?)?|12:00(:00)? ?AM)( ?(Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?$`)
	timeOfDay = regexp.MustCompile(`[T ][0-9]{1,2}:[0-9]{2}`)
	dayNumber = regexp.MustCompile(`^[0-9]{5}(\.0)?$`)
)

// readDate reads a date, to which a time of midnight can be added.
func readDate(text string, how conventions) domain.Input {
	day := midnight.ReplaceAllString(text, "")
	in := domain.Given(day).PadDate()
	if year, month, dayOfMonth, found := how.dates.read(day); found {
		in = domain.Given(fmt.Sprintf("%04s-%02d-%02s", year, month, dayOfMonth))
	}
	_, err := time.Parse(time.DateOnly, in.Text())
	switch parseErr, _ := errors.AsType[*time.ParseError](err); {
	case err == nil:
		return in
	case how.exact:
		return domain.Given(text)
	case parseErr != nil && strings.HasSuffix(parseErr.Message, "out of range"):
		return domain.Unreadable("There is no such day.")
	case timeOfDay.MatchString(day):
		return domain.Unreadable("The date has a time other than midnight, which can make it a day too early or too late. Write the date alone.")
	case dayNumber.MatchString(day):
		return domain.Unreadable("This is a spreadsheet's number of a day. Format the column as a date, and save the file again.")
	case how.dates.pattern != nil:
		return domain.Unreadable("The date is written neither as --date-format says nor as YYYY-MM-DD.")
	}
	return domain.Unreadable("Write the date as YYYY-MM-DD, or say how dates are written, such as --date-format DD.MM.YYYY.")
}

// read returns the parts of a date that is written in this format.
func (f dateFormat) read(text string) (year string, month int, day string, found bool) {
	if f.pattern == nil {
		return "", 0, "", false
	}
	match := f.pattern.FindStringSubmatch(text)
	if match == nil {
		return "", 0, "", false
	}
	for i, part := range f.pattern.SubexpNames() {
		switch part {
		case "year":
			year = match[i]
		case "month":
			_, _ = fmt.Sscan(match[i], &month) // digits
		case "name":
			name := []rune(strings.ToLower(match[i]))
			if month = months[string(name[:min(3, len(name))])]; month == 0 {
				return "", 0, "", false
			}
		case "day":
			day = match[i]
		}
	}
	return year, month, day, true
}
