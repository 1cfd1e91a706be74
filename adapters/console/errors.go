package console

import (
	"errors"
	"net/http"

	"example.com/healthcare/domain"
)

// errLocked refuses a request because nobody has used the session for a while.
var errLocked = errors.New("the session is locked")

// dutyError refuses a request because the user must do something first.
type dutyError struct{ duty domain.Duty }

func (e dutyError) Error() string { return "the user has the duty " + string(e.duty) }

// dutyPages are the pages on which a duty is done.
var dutyPages = map[domain.Duty]string{
	domain.DutyPassword:     "account/password/",
	domain.DutySecondFactor: "account/second-factor/",
}

// formError refuses a request whose form cannot be read.
type formError struct {
	status int
	code   string
}

func (e formError) Error() string { return e.code }

// statusOf returns the status of an error, and the code that is logged and names the texts of
// the error page.
func statusOf(err error) (status int, code string) {
	if e, ok := errors.AsType[formError](err); ok {
		return e.status, e.code
	}
	if errors.Is(err, errLocked) {
		return http.StatusUnauthorized, "locked"
	}
	switch domain.KindOf(err) {
	case domain.Invalid:
		return http.StatusBadRequest, "invalid"
	case domain.Unauthenticated:
		return http.StatusUnauthorized, "not_authenticated"
	case domain.Forbidden:
		return http.StatusForbidden, "forbidden"
	case domain.NotFound:
		return http.StatusNotFound, "not_found"
	case domain.Conflict, domain.KeyReused, domain.InProgress:
		return http.StatusConflict, "conflict"
	case domain.PreconditionFailed, domain.PreconditionRequired:
		return http.StatusPreconditionFailed, "changed_meanwhile"
	case domain.TooMany:
		return http.StatusTooManyRequests, "too_many"
	case domain.Unavailable:
		if domain.IsOutcomeUnknown(err) {
			return http.StatusServiceUnavailable, "outcome_unknown"
		}
		return http.StatusServiceUnavailable, "unavailable"
	case domain.Internal:
	}
	return http.StatusInternalServerError, "internal"
}

// showAgain shows a page whose form was refused because of err. The status is that of statusOf,
// except that 422 stands for bad fields: 400 is for an address or a form that no page has made.
func (p *page) showAgain(err error, template, title string, content any) error {
	status, code := statusOf(err)
	if status == http.StatusBadRequest {
		status = http.StatusUnprocessableEntity
	}
	p.request.SetCode(code)
	return p.showStatus(status, template, title, content)
}

// errorCodes are all codes of statusOf and of showError. Each has a title and a text.
var errorCodes = []string{
	"invalid", "not_authenticated", "locked", "forbidden", "not_found", "conflict", "changed_meanwhile", "too_many",
	"outcome_unknown", "unavailable", "internal", "cross_origin", "form_too_large", "form_unreadable", "form_slow", "old_http",
}

// showError answers with a page that says what went wrong.
func (p *page) showError(status int, code string) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		p.w.Header().Set("Retry-After", "2")
	}
	if err := p.showStatus(status, "error", p.T("error."+code+".title"), p.T("error."+code)); err != nil {
		http.Error(p.w, p.T("error.internal"), http.StatusInternalServerError)
	}
}
