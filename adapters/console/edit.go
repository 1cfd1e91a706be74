package console

import (
	"net/http"
	"strconv"

	"example.com/healthcare/domain"
)

// versionField is the hidden field with the number of the version that the form was made of.
const versionField = "version"

// edit is the form that changes one record of any kind. show answers its GET and save its POST.
// If a colleague has saved the record meanwhile, save shows both versions (see conflict.go).
type edit[T domain.Record] struct {
	*page
	// permission is what the user needs to change the record.
	permission domain.Permission
	// title returns the heading of the page.
	title func(T) string
	// inputs returns the fields of the form with the values of a record.
	inputs func(T) []field
	// read returns the record as it is now, and its ETag.
	read func() (T, domain.ETag, error)
	// version returns one version of the record.
	version func(number domain.ID) (domain.VersionView[T], error)
	// apply returns a record with the values that were sent. It saves nothing.
	apply func(T) (T, error)
	// store saves the values that were sent.
	store func(domain.Precondition) error
	// done is the page of the record below Path, to which a saved form leads.
	done string
}

// show is the form with the record as it is now.
func (e edit[T]) show() error {
	if err := e.reserveTexts(1); err != nil {
		return err
	}
	if err := domain.Authorize(e.actor, e.permission); err != nil {
		return err
	}
	current, etag, err := e.read()
	if err != nil {
		return err
	}
	content := e.content(current, string(etag), strconv.Itoa(domain.StampOf(current).Version))
	return e.page.show("form", e.title(current), content)
}

func (e edit[T]) content(record T, etag, version string) form {
	return form{
		Fields: e.inputs(record), ETag: etag, Hidden: map[string]string{versionField: version},
		Submit: e.T("edit.save"), Cancel: e.link(e.done),
	}
}

// save saves what was sent. It shows the form again if a field is bad.
func (e edit[T]) save() error {
	if !e.can(e.permission) { // The use-case refuses the user and records it, whatever was sent.
		return e.store(e.expected())
	}
	var record T
	for _, input := range e.inputs(record) {
		if !e.form.Has(input.Name) { // Nothing was chosen between two versions.
			return formError{http.StatusBadRequest, "form_unreadable"}
		}
	}
	err := e.store(e.expected())
	switch {
	case err == nil:
		return e.saved()
	case domain.KindOf(err) == domain.PreconditionFailed:
		return e.merge(err)
	}
	return e.refuse(err)
}

// saved leads to the page of the record.
func (e edit[T]) saved() error {
	return e.redirectWith(notice{Text: e.T("edit.saved")}, e.done)
}

// refuse shows the form again with its errors and with what was typed.
func (e edit[T]) refuse(err error) error {
	if err := e.reserveTexts(1); err != nil {
		return err
	}
	current, _, readErr := e.read()
	if readErr != nil {
		return readErr
	}
	content, ok := e.withErrors(e.content(current, e.form.Get(etagField), e.form.Get(versionField)), err)
	if !ok {
		return err
	}
	return e.showAgain(err, "form", e.title(current), content)
}
