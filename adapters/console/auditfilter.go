package console

import (
	"errors"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/healthcare/application"
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
		return p.showAgain(errFilter, "form", p.T("nav.audit"), content)
	}
	p.form = asked
	return p.redirectToList("audit/")
}

// errFilter refuses a filter that names nothing, or not one thing.
var errFilter = &domain.Error{Kind: domain.Invalid}

// readFilters returns what a form with fields of auditForm asks for. Names become the numbers of
// the records that have them. If several have the name, the form asks which one is meant.
func (p *page) readFilters(content form) (_ form, asked url.Values, err error) {
	asked = url.Values{}
	for i, field := range content.Fields {
		value := strings.TrimSpace(field.Value)
		content.Fields[i].Value = value
		if utf8.RuneCountInString(value) > maxFilterLength || !utf8.ValidString(value) {
			content.Fields[i].Errors = []string{p.T("audit.too_long")}
			continue
		}
		if find, ok := finders[field.Name]; ok && value != "" && !numbered.MatchString(value) {
			found, err := find(p, value)
			if err != nil && len(found) == 0 && domain.KindOf(err) != domain.Invalid {
				return content, nil, err
			}
			if value = p.onlyOne(&content.Fields[i], found, err); value == "" {
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

// finders find the records with a name, for the fields of the form that take one.
var finders = map[string]func(*page, string) ([]option, error){
	"actor": func(p *page, name string) ([]option, error) {
		found, err := p.Users.List(p.ctx(), p.actor, searchFor(name, "last_name"))
		return recordOptions(found, func(user domain.User) (domain.ID, string, string) {
			return user.ID, userLabel(user), user.Email.String()
		}), err
	},
	"patient": func(p *page, name string) ([]option, error) {
		found, err := p.Patients.List(p.ctx(), p.actor, searchFor(name, "name"))
		return recordOptions(found, func(patient domain.PatientView) (domain.ID, string, string) {
			return patient.ID, patient.Name.String(), p.locale.Date(patient.DateOfBirth)
		}), err
	},
	"doctor": func(p *page, name string) ([]option, error) {
		found, err := p.Doctors.List(p.ctx(), p.actor, searchFor(name, "name"))
		return recordOptions(found, func(doctor domain.Doctor) (domain.ID, string, string) {
			return doctor.ID, doctor.Name.String(), doctor.Specialization.String()
		}), err
	},
}

// searchFor returns the parameters of a list for the records with a name.
func searchFor(name, ordering string) domain.Parameters {
	return domain.Parameters{"search": domain.Given(name), "ordering": domain.Given(ordering), "limit": domain.Given(strconv.Itoa(maxChoices))}
}

// recordOptions returns the records as options whose values end with the number of the record.
func recordOptions[T any](found application.Page[T], describe func(T) (id domain.ID, name, detail string)) (options []option) {
	for _, item := range found.Items {
		id, name, detail := describe(item)
		label := strings.TrimSuffix(name+", "+detail, ", ")
		// The number is what counts: a long name can be cut.
		if runes := []rune(name); len(runes) > maxFilterLength/2 {
			name = string(runes[:maxFilterLength/2])
		}
		options = append(options, option{name + " (#" + id.String() + ")", label})
	}
	return options
}

// onlyOne returns the only record that was found. Otherwise it returns "", and the field says
// what is wrong or lets one choose.
func (p *page) onlyOne(field *field, found []option, err error) string {
	switch e, _ := errors.AsType[*domain.Error](err); {
	case err != nil:
		field.Errors = slices.Clone(e.Fields["search"])
		if len(field.Errors) == 0 {
			field.Errors = []string{e.Message}
		}
	case len(found) == 0:
		field.Errors = []string{p.T("audit.nobody")}
	case len(found) == 1:
		return found[0].Value
	default:
		field.Type, field.Options, field.Hint = "select", found, ""
		field.Errors = []string{p.T("audit.several")}
		if len(found) == maxChoices {
			field.Errors = []string{p.T("audit.many", maxChoices)}
		}
	}
	return ""
}
