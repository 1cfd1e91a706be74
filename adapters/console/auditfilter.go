package console

import (
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/healthcare/domain"
)

// auditForm returns the form that filters the trail, with what was asked for.
func (p *page) auditForm(asked url.Values) form {
	actions := []option{{"", p.T("list.any")}}
	for _, rule := range domain.Policy() {
		actions = append(actions, option{string(rule.Permission), p.deed(rule.Permission, domain.Allowed)})
	}
	fields := []field{
		{Name: "actor", Label: p.T("audit.actor"), Hint: p.T("audit.actor_hint"), Type: "text", Autocomplete: "off"},
		{Name: "patient", Label: p.T("audit.patient"), Hint: p.T("audit.record_hint"), Type: "text", Autocomplete: "off"},
		{Name: "doctor", Label: p.T("audit.doctor"), Hint: p.T("audit.record_hint"), Type: "text", Autocomplete: "off"},
		{Name: "action", Label: p.T("audit.action"), Type: "select", Options: actions},
		{Name: "outcome", Label: p.T("audit.outcome"), Type: "select", Options: []option{
			{"", p.T("list.any")},
			{string(domain.Allowed), p.T("audit.allowed")},
			{string(domain.Denied), p.T("audit.denied")},
			{string(domain.Failed), p.T("audit.failed")},
		}},
		{Name: "from", Label: p.T("audit.from"), Hint: p.dayHint(), Type: "text", Kind: "date", Autocomplete: "off"},
		{Name: "to", Label: p.T("audit.to"), Hint: p.dayHint(), Type: "text", Kind: "date", Autocomplete: "off"},
	}
	for i, field := range fields {
		fields[i].Value = asked.Get(field.Name)
		if day, err := time.Parse(time.DateOnly, fields[i].Value); err == nil && field.Kind == "date" {
			fields[i].Value = p.locale.TypedDate(domain.DateOf(day))
		}
	}
	return form{Action: p.link("audit/"), Fields: fields, Submit: p.T("audit.submit")}
}

// dayHint says how a day of the trail is written, and where it begins.
func (p *page) dayHint() string {
	now := p.Clock().Local()
	return p.T("audit.date_hint", p.locale.TypedDate(domain.DateOf(now)), now.Format("MST"))
}

// auditQuery returns the query for what was asked for, the newest events first.
func (p *page) auditQuery(asked url.Values) domain.AuditQuery {
	given := func(name string, read func(string) domain.Input) domain.Input {
		if value := asked.Get(name); value != "" {
			return read(value)
		}
		return domain.Input{}
	}
	return domain.AuditQuery{
		Actor: given("actor", numberInput), Patient: given("patient", numberInput), Doctor: given("doctor", numberInput),
		Action: given("action", domain.Given), Outcome: given("outcome", domain.Given),
		From:     given("from", func(text string) domain.Input { return p.dayInput(text, 0) }),
		To:       given("to", func(text string) domain.Input { return p.dayInput(text, 1) }),
		Ordering: domain.Given("-id"),
	}
}

// dayInput returns the instant at which a day begins, in the time zone of the service and some
// days later.
func (p *page) dayInput(text string, later int) domain.Input {
	iso, bad := p.locale.parseDate(strings.TrimSpace(text))
	day, err := time.ParseInLocation(time.DateOnly, iso, time.Local)
	if bad != goodDate || err != nil {
		return p.unreadableDate(bad)
	}
	return domain.Given(day.AddDate(0, 0, later).UTC().Format(time.RFC3339))
}

// numbered matches a number, and a name with the number in parentheses, such as Ada Byron (#7).
var numbered = regexp.MustCompile(`^(?:.*\(#?)?([0-9]+)\)?$`)

// numberInput returns the number in what was asked for.
func numberInput(text string) domain.Input {
	if parts := numbered.FindStringSubmatch(strings.TrimSpace(text)); parts != nil {
		return domain.Given(parts[1])
	}
	return domain.Given(text)
}

// maxFilterLength is the length of a filter in characters. It bounds the address of the list.
const maxFilterLength = 200

// askForAudit answers the form that filters the trail.
func (c *console) askForAudit(p *page) error {
	content, asked, err := p.readFilters(p.auditForm(p.form))
	if err != nil {
		return err
	}
	if content.HasErrors() {
		return p.showAgain(errTyped, "form", p.T("nav.audit"), content)
	}
	p.form = asked
	return p.redirectToList("audit/")
}

// readFilters returns what a form with fields of auditForm asks for. Names become the numbers of
// the records that have them. If several have the name, the form asks which one is meant. Users who
// may not read the trail ask for nothing: the list to which they are led refuses, and records it.
func (p *page) readFilters(content form) (_ form, asked url.Values, err error) {
	asked = url.Values{}
	if !p.can(domain.AuditRead) {
		return content, asked, nil
	}
	for i, field := range content.Fields {
		value := strings.TrimSpace(field.Value)
		find, takesName := finders[field.Name]
		if chosen := p.chosenMatch(field.Name); takesName && chosen != "" {
			value = chosen
			p.form.Set(field.Name, chosen) // withErrors shows it instead of the name if another field is wrong.
		}
		content.Fields[i].Value = value
		if utf8.RuneCountInString(value) > maxFilterLength || !utf8.ValidString(value) {
			content.Fields[i].Errors = []string{p.T("audit.too_long")}
			continue
		}
		if takesName && value != "" && !numbered.MatchString(value) {
			found, err := find(p, value)
			if err != nil && domain.KindOf(err) != domain.Invalid {
				return content, nil, err
			}
			if value = p.onlyMatch(&content.Fields[i], found, err); value == "" {
				continue
			}
		}
		if iso, bad := p.locale.parseDate(value); bad == goodDate && field.Kind == "date" {
			value = iso
		}
		if value != "" {
			asked.Set(field.Name, value)
		}
	}
	_, _, err = p.auditQuery(asked).Parse()
	content, _ = p.withErrors(content, err)
	return content, asked, nil
}
