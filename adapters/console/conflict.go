package console

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// conflict is the content of template conflict: what a form and a colleague made of the same
// version of a record. The form of the page has the fields of the form that could not be saved,
// so it is sent to the same address and can meet with a conflict itself.
type conflict struct {
	ETag, Version string
	// Author is the colleague who saved last, and At when that was.
	Author string
	At     time.Time
	// Choices are the fields on which the two sides differ.
	Choices []choice
	// Agreed are the other fields.
	Agreed []field
	Cancel string
}

// choice is a field on which the two sides differ.
type choice struct {
	Name, Label string
	// Was is the value in the version that the form was made of.
	Was          string
	Theirs, Mine side
}

// side is the value of a field on one side.
type side struct {
	// Value is sent if it is chosen, and Shown is what the user reads.
	Value, Shown string
	// Changed says that this side has changed the field.
	Changed bool
	// Preselected is set if the other side has not.
	Preselected bool
}

// maxMerges is how many times a form without a conflict is saved again, each time because
// the record has changed once more.
const maxMerges = 5

// timesInConflict is how many times the page with both versions has the texts of a record: as they
// were, and those of each side for the reader and for the form.
const timesInConflict = 5

// merge answers a form whose record has changed meanwhile. It saves the form all the same if
// that overwrites nothing. Otherwise it shows both versions.
func (e edit[T]) merge(failed error) error {
	if err := e.reserveTexts(timesInConflict); err != nil {
		return err
	}
	was, err := e.formVersion()
	if err != nil {
		return err
	}
	mine, err := e.apply(was)
	if err != nil {
		return e.refuse(err)
	}
	for range maxMerges {
		current, etag, err := e.read()
		if err != nil {
			return err
		}
		choices, agreed := e.compare(was, current, mine)
		if slices.ContainsFunc(choices, func(c choice) bool { return c.Theirs.Changed }) {
			return e.showConflict(current, conflict{
				ETag: string(etag), Version: strconv.Itoa(domain.StampOf(current).Version), Choices: choices, Agreed: agreed, Cancel: e.link(e.done),
			})
		}
		if err = e.store(domain.OneOf(etag)); err == nil {
			return e.saved()
		} else if domain.KindOf(err) != domain.PreconditionFailed {
			return e.refuse(err)
		}
	}
	return failed
}

// formVersion returns the record as it was when the form was made.
func (e edit[T]) formVersion() (T, error) {
	number, err := domain.ParseID(e.form.Get(versionField))
	if err != nil {
		var none T
		return none, formError{http.StatusBadRequest, "form_unreadable"}
	}
	version, err := e.version(number)
	return version.Record, err
}

// compare returns the fields on which the two sides differ, and the others.
func (e edit[T]) compare(was, theirs, mine T) (choices []choice, agreed []field) {
	before, saved, typed := e.comparable(was), e.comparable(theirs), e.comparable(mine)
	for i, input := range before {
		theirs := side{Value: saved[i].Value, Shown: e.shown(saved[i]), Changed: saved[i].Value != input.Value}
		mine := side{Value: typed[i].Value, Shown: e.shown(typed[i]), Changed: typed[i].Value != input.Value}
		if theirs.Value == mine.Value {
			agreed = append(agreed, saved[i])
			continue
		}
		theirs.Preselected, mine.Preselected = !mine.Changed, !theirs.Changed
		choices = append(choices, choice{Name: input.Name, Label: input.Label, Was: e.shown(input), Theirs: theirs, Mine: mine})
	}
	return choices, agreed
}

// comparable returns the fields of a record with the ends of lines that a form has.
func (e edit[T]) comparable(record T) []field {
	fields := e.inputs(record)
	for i := range fields {
		fields[i].Value = strings.ReplaceAll(fields[i].Value, "\r\n", "\n")
	}
	return fields
}

// showConflict shows both versions. current is the record as it is now.
func (e edit[T]) showConflict(current T, content conflict) error {
	last, err := e.version(domain.ID(domain.StampOf(current).Version))
	if err != nil {
		return err
	}
	content.At = last.At
	names, err := e.userNames(last.Author.UserID)
	if err != nil {
		return err
	}
	content.Author = e.whoDid(names, last.Author.UserID, last.Author.Role)
	_, code := statusOf(&domain.Error{Kind: domain.PreconditionFailed})
	e.request.SetCode(code)
	return e.showStatus(http.StatusPreconditionFailed, "conflict", e.title(current), content)
}
