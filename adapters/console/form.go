package console

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The limits of a form in bytes.
const (
	// maxFormBytes holds the longest medical record, whose bytes a browser can send as three
	// characters each.
	maxFormBytes = 3*domain.MaxTextBytes + 64<<10
	// maxAnonymousForm holds a sign-in with a form that is kept. It needs half of the memory that
	// a network has for callers who are not signed in: a slow one does not keep colleagues out.
	maxAnonymousForm = 2 * maxKeptForm
	// maxFields is more than any form has.
	maxFields = 200
)

// readForm reads the fields of a POST after it has reserved memory.
func (p *page) readForm() error {
	mediaType, _, err := mime.ParseMediaType(p.r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/x-www-form-urlencoded" {
		return formError{http.StatusUnsupportedMediaType, "form_unreadable"}
	}
	limit := int64(maxFormBytes)
	if p.actor.UserID == 0 {
		limit = maxAnonymousForm
	}
	if p.r.ContentLength > limit {
		return formError{http.StatusRequestEntityTooLarge, "form_too_large"}
	}
	length := p.r.ContentLength
	if length < 0 {
		length = limit
	}
	// The text, and the fields that are made of it.
	if err := p.request.Reserve(p.ctx(), httpserver.Body, 2*length); err != nil {
		return err
	}
	body := p.r.Body
	if p.actor.UserID != 0 {
		body = p.Authenticator.RecheckAtEnd(p.ctx(), p.session.access, body)
	}
	text, err := io.ReadAll(http.MaxBytesReader(p.w, body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return formError{http.StatusRequestEntityTooLarge, "form_too_large"}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return formError{http.StatusRequestTimeout, "form_slow"}
	}
	if err != nil && p.ctx().Err() == nil && domain.KindOf(err) == domain.Internal {
		return formError{http.StatusBadRequest, "form_unreadable"}
	}
	if err != nil {
		return err
	}
	if strings.Count(string(text), "&") >= maxFields {
		return formError{http.StatusBadRequest, "form_unreadable"}
	}
	if p.form, err = url.ParseQuery(string(text)); err != nil {
		return formError{http.StatusBadRequest, "form_unreadable"}
	}
	return nil
}

// input returns a field of the form for a use-case. A field that was not sent is absent. Browsers
// send each end of a line as CR and LF; the text gets back the LF that it has in the page.
func (p *page) input(name string) domain.Input {
	if !p.form.Has(name) {
		return domain.Input{}
	}
	return domain.Given(strings.ReplaceAll(p.form.Get(name), "\r\n", "\n"))
}

// once returns the key of a form that adds a record. The form has it in a hidden field, so a
// form that is sent twice adds one record.
func (p *page) once() (application.Once, error) {
	key, err := domain.ParseIdempotencyKey(p.form.Get(onceField))
	if err != nil {
		return application.Once{}, formError{http.StatusBadRequest, "form_unreadable"}
	}
	return application.Once{Key: key}, nil
}

// expected returns the state of the record that the form was made of.
func (p *page) expected() domain.Precondition {
	return domain.OneOf(domain.ETag(p.form.Get(etagField)))
}
