package console

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// A name that somebody types stands for the record that it finds. If it finds several, the form is
// shown again with what was typed, and the field has the records to choose one.

// maxMatches is how many records are shown to choose from.
const maxMatches = 20

// matches are the records that a typed name finds.
type matches struct {
	Items []match
	// More says that further records match.
	More bool
	// Legend is above the records.
	Legend string
}

// match is one record that a typed name finds.
type match struct {
	// Value ends with the number of the record. It is sent if the record is chosen.
	Value, Label string
	// Taken says in words why the record cannot be chosen. It is empty otherwise.
	Taken string
}

// errTyped refuses a form because of what was typed.
var errTyped = &domain.Error{Kind: domain.Invalid, Message: "Invalid input."}

// chosenMatch returns the value of the match that was chosen in a field, "" if none was. A choice
// does not count if another name was typed afterwards. (Template "field" names the inputs.)
func (p *page) chosenMatch(name string) string {
	if matched := name + "_matched"; p.form.Has(matched) && p.form.Get(matched) != p.form.Get(name) {
		return ""
	}
	return p.form.Get(name + "_match")
}

// askWhich lets one choose among several matches.
func (p *page) askWhich(field *field, found matches) {
	found.Legend = p.T("matches.legend")
	field.Matches = found
	field.Errors = []string{p.T("matches.several")}
	if found.More {
		field.Errors = []string{p.T("matches.many", len(found.Items))}
	}
}

// onlyMatch returns the value of the only match. Otherwise it returns "", and the field says what
// is wrong or lets one choose. err is that of the search.
func (p *page) onlyMatch(field *field, found matches, err error) string {
	switch e, _ := errors.AsType[*domain.Error](err); {
	case err != nil:
		field.Errors = slices.Clone(e.Fields["search"])
		if len(field.Errors) == 0 {
			field.Errors = []string{e.Message}
		}
	case len(found.Items) == 0:
		field.Errors = []string{p.T("matches.none")}
	case len(found.Items) == 1:
		return found.Items[0].Value
	default:
		p.askWhich(field, found)
	}
	return ""
}

// finders find the records with a name, for the fields of auditForm that take one.
var finders = map[string]func(*page, string) (matches, error){
	"actor": func(p *page, name string) (matches, error) {
		found, err := p.Users.List(p.ctx(), p.actor, searchFor(name, "last_name", maxMatches))
		return matchesOf(found, func(user domain.User) (domain.ID, string, string) {
			return user.ID, userLabel(user), user.Email.String()
		}), err
	},
	"patient": func(p *page, name string) (matches, error) {
		found, err := p.Patients.List(p.ctx(), p.actor, searchFor(name, "name", maxMatches))
		return matchesOf(found, func(patient domain.PatientView) (domain.ID, string, string) {
			// The number tells apart patients with the same name and birth date.
			return patient.ID, patient.Name.String(), enumerate(p.locale.Date(patient.DateOfBirth), p.T("audit.patient_number", patient.ID))
		}), err
	},
	"doctor": func(p *page, name string) (matches, error) {
		found, err := p.findDoctors(name, maxMatches)
		return p.doctorMatches(found), err
	},
}

// doctorMatches returns doctors to choose from.
func (p *page) doctorMatches(found application.Page[domain.Doctor]) matches {
	return matchesOf(found, func(doctor domain.Doctor) (domain.ID, string, string) {
		return doctor.ID, doctor.Name.String(), doctor.Specialization.String() + ", " + p.T("doctor.licence", doctor.LicenseNumber)
	})
}

// searchFor returns the parameters of a list for the records that some words find.
func searchFor(words, ordering string, limit int) domain.Parameters {
	return domain.Parameters{"search": domain.Given(words), "ordering": domain.Given(ordering), "limit": domain.Given(strconv.Itoa(limit))}
}

// matchesOf returns what a search has found. describe returns the number and the name of a record,
// and what tells it from others with the name.
func matchesOf[T any](found application.Page[T], describe func(T) (id domain.ID, name, detail string)) matches {
	all := matches{More: found.Next != ""}
	for _, item := range found.Items {
		id, name, detail := describe(item)
		all.Items = append(all.Items, match{Value: numberedName(name, id), Label: enumerate(name, detail)})
	}
	return all
}

// enumerate returns the texts that are not empty, separated by commas.
func enumerate(texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), ", ")
}

// numberedName returns a name and the number of its record, as numberInput reads them.
func numberedName(name string, id domain.ID) string {
	// The number is what counts: a long name can be cut.
	if runes := []rune(name); len(runes) > maxFilterLength/2 {
		name = string(runes[:maxFilterLength/2])
	}
	return name + " (#" + id.String() + ")"
}
