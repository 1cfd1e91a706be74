package console

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"example.com/healthcare/domain"
)

// locale says how people write dates and numbers where the browser's language is spoken. The
// texts are in English whatever it is, so the names of months are, too.
type locale struct {
	order   dateOrder
	printer *message.Printer
}

// dateOrder is the order of day, month and year.
type dateOrder string

const (
	dayFirst   dateOrder = "dmy"
	monthFirst dateOrder = "mdy"
	yearFirst  dateOrder = "ymd"
)

// dateOrders has the regions whose usual order is not day, month, year (Unicode CLDR, short
// date formats).
var dateOrders = map[string]dateOrder{
	"US": monthFirst, "PH": monthFirst, "PR": monthFirst, "GU": monthFirst, "FM": monthFirst, "MH": monthFirst, "PW": monthFirst,
	"CN": yearFirst, "JP": yearFirst, "KR": yearFirst, "KP": yearFirst, "TW": yearFirst, "HU": yearFirst, "LT": yearFirst, "SE": yearFirst,
	"MN": yearFirst, "CA": yearFirst, "ZA": yearFirst, "IR": yearFirst, "BT": yearFirst,
}

// localeOf returns the locale of the language that the browser prefers. Without one it is
// British English.
func localeOf(r *http.Request) locale {
	tag := language.BritishEnglish
	if tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language")); err == nil && len(tags) > 0 {
		tag = tags[0]
	}
	region, _ := tag.Region() // en without a region is en-US, as browsers mean it.
	order, special := dateOrders[region.String()]
	if !special {
		order = dayFirst
	}
	return locale{order: order, printer: message.NewPrinter(tag)}
}

// Number returns a number with the separators of the language.
func (l locale) Number(n int) string { return l.printer.Sprint(n) }

// Date returns a day with the name of its month, such as 30 November 1987.
func (l locale) Date(date domain.Date) string {
	day, err := time.Parse(time.DateOnly, date.String())
	if err != nil {
		return date.String()
	}
	return day.Format(l.dateLayout())
}

func (l locale) dateLayout() string {
	switch l.order {
	case monthFirst:
		return "January 2, 2006"
	case yearFirst:
		return "2006 January 2"
	case dayFirst:
	}
	return "2 January 2006"
}

// Time returns an instant in the time zone of the service. The script replaces it by the time
// in the zone of the browser.
func (l locale) Time(at time.Time) string {
	return at.Local().Format(strings.Replace(l.dateLayout(), "January", "Jan", 1) + ", 15:04 MST")
}

// TypedDate returns a date as people type it, for the value of an input.
func (l locale) TypedDate(date domain.Date) string {
	day, err := time.Parse(time.DateOnly, date.String())
	if err != nil {
		return date.String()
	}
	switch l.order {
	case monthFirst:
		return day.Format("01/02/2006")
	case yearFirst:
		return day.Format(time.DateOnly)
	case dayFirst:
	}
	return day.Format("02.01.2006")
}

// DateExample is an example of what TypedDate returns.
func (l locale) DateExample() string {
	return l.TypedDate(domain.DateOf(time.Date(1987, 11, 30, 0, 0, 0, 0, time.UTC)))
}

// maxDate is longer in bytes than any date that people write.
const maxDate = 100

// badDate says why a text is no date.
type badDate uint8

// The reasons. The zero value stands for a date.
const (
	goodDate badDate = iota
	notADate
	badYear
	noSuchMonth
	noSuchDay
)

// parseDate reads a date as people write it: 30.11.1987, 11/30/1987 or 30/11/1987 by the
// language, 1987-11-30, 1987年11月30日, or with the English name of the month. It returns
// YYYY-MM-DD, or why the text is no date.
func (l locale) parseDate(text string) (iso string, bad badDate) {
	if len(text) > maxDate { // Fold makes some characters eighteen times as long.
		return "", notADate
	}
	folded := domain.Fold(text) // This turns dashes into spaces, and the digits of other scripts into ours.
	parts := strings.FieldsFunc(folded, func(r rune) bool { return strings.ContainsRune(".,/年月日 ", r) })
	if len(parts) != 3 {
		return "", notADate
	}
	order := l.order
	switch {
	case len(parts[0]) == 4:
		order = yearFirst
	case monthNumber(parts[0]) > 0:
		order = monthFirst
	case monthNumber(parts[1]) > 0 || strings.Contains(folded, ".") || order == yearFirst:
		order = dayFirst
	}
	var year, month, day string
	switch order {
	case yearFirst:
		year, month, day = parts[0], parts[1], parts[2]
	case monthFirst:
		month, day, year = parts[0], parts[1], parts[2]
	case dayFirst:
		day, month, year = parts[0], parts[1], parts[2]
	}
	if number := monthNumber(month); number > 0 {
		month = strconv.Itoa(number)
	}
	return isoDate(year, month, day)
}

// isoDate returns the date with these numbers as YYYY-MM-DD, or why there is none.
func isoDate(year, month, day string) (iso string, bad badDate) {
	for _, part := range []string{year, month, day} {
		if strings.ContainsFunc(part, func(r rune) bool { return r < '0' || r > '9' }) {
			return "", notADate
		}
	}
	switch {
	case len(month) > 2 || len(day) > 2:
		return "", notADate
	case len(year) != 4:
		return "", badYear
	}
	month, day = fmt.Sprintf("%02s", month), fmt.Sprintf("%02s", day)
	if month < "01" || month > "12" {
		return "", noSuchMonth
	}
	iso = year + "-" + month + "-" + day
	if _, err := time.Parse(time.DateOnly, iso); err != nil {
		return "", noSuchDay
	}
	return iso, goodDate
}

// understood returns a typed date with the name of its month, and any other text unchanged.
func (l locale) understood(typed string) string {
	iso, bad := l.parseDate(typed)
	day, err := time.Parse(time.DateOnly, iso)
	if bad != goodDate || err != nil {
		return typed
	}
	return l.Date(domain.DateOf(day))
}

// monthNumber returns the number of an English month in small letters, whose name can be cut to
// three letters or more. It is zero for any other text.
func monthNumber(text string) int {
	for month := time.January; month <= time.December; month++ {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(month.String()), text) {
			return int(month)
		}
	}
	return 0
}

// dateInput returns a field of the form that is a date, for a use-case.
func (p *page) dateInput(name string) domain.Input {
	in := p.input(name)
	if strings.TrimSpace(in.Text()) == "" {
		return in
	}
	return p.readDate(in.Text())
}

// readDate returns a date that somebody has written, for a use-case.
func (p *page) readDate(text string) domain.Input {
	iso, bad := p.locale.parseDate(text)
	if bad != goodDate {
		return p.unreadableDate(bad)
	}
	return domain.Given(iso)
}

// unreadableDate returns the input for a text that is no date. Its message says why, and what to
// write, without any part of what was typed.
func (p *page) unreadableDate(bad badDate) domain.Input {
	example := p.locale.DateExample()
	switch bad {
	case badYear:
		return domain.Unreadable(p.T("form.bad_year", example))
	case noSuchMonth:
		return domain.Unreadable(p.T("form.no_such_month", example))
	case noSuchDay:
		return domain.Unreadable(p.T("form.no_such_day"))
	case goodDate, notADate:
	}
	return domain.Unreadable(p.T("form.bad_date", example))
}

// minutes returns a duration in whole minutes, one at least.
func minutes(d time.Duration) int { return max(1, int((d+time.Minute-1)/time.Minute)) }
