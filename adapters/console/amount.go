package console

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/number"

	"example.com/healthcare/domain"
)

// Amount returns a salary with the separators of the user's language.
func (v view) Amount(salary domain.Salary) string { return v.Page.locale.Amount(salary) }

// Amount returns a salary with the separators of the language, and "" for a withheld one.
func (l locale) Amount(salary domain.Salary) string {
	amount, err := strconv.ParseFloat(salary.String(), 64) // A salary has ten digits at most.
	if err != nil {
		return ""
	}
	return l.printer.Sprint(number.Decimal(amount, number.Scale(2)))
}

// separators returns the characters between whole numbers and decimals, and between thousands.
func (l locale) separators() (decimal, group rune) {
	text := l.printer.Sprint(number.Decimal(1234567.5, number.Scale(1)))
	for _, r := range text {
		if !unicode.IsDigit(r) {
			group, decimal = decimal, r
		}
	}
	return decimal, group
}

// TypedAmount returns a salary as people type it, for the value of an input.
func (l locale) TypedAmount(salary domain.Salary) string {
	if decimal, _ := l.separators(); decimal == ',' {
		return strings.Replace(salary.String(), ".", ",", 1)
	}
	return salary.String()
}

// parseAmount reads an amount as people write it: 1234.5, 1,234.50 or 1.234,50 by the language.
// It returns the text with a point and without separators of thousands, and any text that is
// not such an amount as it is.
func (l locale) parseAmount(text string) string {
	decimal, group := l.separators()
	whole, fraction, hasFraction := strings.Cut(strings.TrimSpace(text), string(decimal))
	groups := strings.FieldsFunc(whole, func(r rune) bool { return r == group || unicode.IsSpace(r) || strings.ContainsRune("'’", r) })
	for i, digits := range groups {
		length := utf8.RuneCountInString(digits)
		if i == 0 && len(groups) > 1 && length > 3 || i > 0 && length != 3 && (length != 2 || i == len(groups)-1) {
			return text
		}
	}
	amount := strings.Join(groups, "")
	if hasFraction {
		amount += "." + fraction
	}
	return amount
}

// amountInput returns a field of the form that is an amount, for a use-case.
func (p *page) amountInput(name string) domain.Input {
	in := p.input(name)
	if in.Text() == "" {
		return in
	}
	return domain.Given(p.locale.parseAmount(in.Text()))
}
