package console

import (
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/healthcare/domain"
)

// anywayField names the person (see personOf) whom the user adds in spite of the warning.
const anywayField = "anyway"

// personOf returns a text that is equal for patients with the same birth date, or none, and the
// same name as domain.Fold compares names. Such patients are probably one person.
func personOf(patient domain.Patient) string {
	return patient.DateOfBirth.String() + " " + domain.SortKey(patient.Name.String())
}

// newPatientKey returns the key of a form for a new patient (see once). It begins with the time at
// which the form was made.
func (p *page) newPatientKey() string {
	return strconv.FormatInt(p.Clock().UnixMicro(), 10) + "-" + newOnce()
}

// formMade returns when a form with a newPatientKey was made, in microseconds. It returns false if
// the key says nothing of it.
func (p *page) formMade() (micros int64, ok bool) {
	made, _, _ := strings.Cut(p.form.Get(onceField), "-")
	micros, err := strconv.ParseInt(made, 10, 64)
	return micros, err == nil
}

// isRepeat reports whether added is what the same form has added, when it was sent before. Then
// there is nothing to warn of, because Create adds no second patient. A form that was made after
// the patient was added is another form. added has the columns namesakeColumns.
func (p *page) isRepeat(patient, added domain.Patient) (bool, error) {
	micros, ok := p.formMade()
	if !ok || added.CreatedBy != p.actor.UserID || added.CreatedAt.UnixMicro() < micros ||
		p.Clock().Sub(added.CreatedAt) >= domain.IdempotencyKeyLifetime {
		return false, nil
	}
	if err := p.reserveTexts(1); err != nil {
		return false, err
	}
	whole, err := p.Patients.Get(p.ctx(), p.actor, added.ID, nil)
	return err == nil && len(domain.Diff(&whole.Patient, patient)) == 0, err
}

// namesakeColumns are the members that are read of patients with a similar name. There can be
// many, so their medical records are not read.
const namesakeColumns = "id,created_by,name,date_of_birth,phone_number,external_id,created_at"

// namesakes returns the patients who are probably the same person as a new one, maxMatches at
// most.
func (c *console) namesakes(p *page, patient domain.Patient) (same []domain.PatientView, err error) {
	parameters := domain.Parameters{
		"search": domain.Given(searchForName(patient.Name.String())), "limit": domain.Given(strconv.Itoa(domain.MaxPageLimit)), "fields": domain.Given(namesakeColumns),
		// The patients without a birth date come first.
		"ordering": domain.Given("-date_of_birth"),
	}
	if !patient.DateOfBirth.IsZero() {
		parameters["date_of_birth"] = domain.Given(patient.DateOfBirth.String())
	}
	for {
		found, err := c.Patients.List(p.ctx(), p.actor, parameters)
		if err != nil {
			return nil, err
		}
		for _, other := range found.Items {
			if patient.DateOfBirth.IsZero() && !other.DateOfBirth.IsZero() || len(same) == maxMatches {
				return same, nil
			}
			if personOf(other.Patient) != personOf(patient) {
				continue
			}
			repeat, err := p.isRepeat(patient, other.Patient)
			if err != nil {
				return nil, err
			}
			if !repeat {
				same = append(same, other)
			}
		}
		if found.Next == "" {
			return same, nil
		}
		parameters["cursor"] = domain.Given(found.Next)
	}
}

// searchForName returns words of a name that a search accepts: at most ten, and not too long.
func searchForName(name string) string {
	var words []string
	length := 0
	for _, word := range strings.Fields(domain.Fold(name)) {
		length += utf8.RuneCountInString(word) + 1
		if len(words) == 10 || length > 100 {
			break
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

// warnOfNamesakes shows the form for a new patient with the patients who are probably the same
// person.
func (p *page) warnOfNamesakes(namesakes []domain.PatientView, person string) error {
	content := p.newAddition(domain.Patient{}, p.form.Get(onceField))
	content.Fields = p.filled(content.Fields)
	content.Namesakes, content.Submit = namesakes, p.T("duplicate.anyway")
	content.Hidden = map[string]string{anywayField: person}
	return p.showStatus(http.StatusConflict, "patient-add", p.T("patient.add_title"), content)
}
