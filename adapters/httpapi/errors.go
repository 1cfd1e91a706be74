package httpapi

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// problem is the body of every error (RFC 9457). Code and Errors are extension members that
// the old backend's answers had.
type problem struct {
	Type   string             `json:"type"`
	Title  string             `json:"title"`
	Status int                `json:"status"`
	Detail string             `json:"detail"`
	Code   string             `json:"code"`
	Errors domain.FieldErrors `json:"errors,omitempty"`
}

// problems has the status of each kind of error, and the code and detail for errors that
// have none.
var problems = map[domain.Kind]problem{
	domain.Internal:        {Status: http.StatusInternalServerError, Code: "error", Detail: "A server error occurred."},
	domain.Invalid:         {Status: http.StatusBadRequest, Code: "invalid", Detail: "Invalid input."},
	domain.Unauthenticated: {Status: http.StatusUnauthorized, Code: "not_authenticated", Detail: "Authentication credentials were not provided."},
	domain.Forbidden:       {Status: http.StatusForbidden, Code: "permission_denied", Detail: "You do not have permission to perform this action."},
	domain.NotFound:        {Status: http.StatusNotFound, Code: "not_found", Detail: "Not found."},
	// The old backend answered a duplicate with 400, like every other bad value.
	domain.Conflict:             {Status: http.StatusBadRequest, Code: "conflict", Detail: "Invalid input."},
	domain.PreconditionFailed:   {Status: http.StatusPreconditionFailed, Code: "precondition_failed", Detail: "The record has changed since it was read. Read it again and repeat the change."},
	domain.PreconditionRequired: {Status: http.StatusPreconditionRequired, Code: "precondition_required", Detail: "Send the header If-Match with the ETag that the record had when you read it, or with * to change it in any state."},
	domain.KeyReused:            {Status: http.StatusUnprocessableEntity, Code: "idempotency_key_reused", Detail: "This Idempotency-Key was used for a request with another body. Use a new key for every new request."},
	domain.InProgress:           {Status: http.StatusConflict, Code: "idempotency_in_progress", Detail: "A request with this Idempotency-Key is still being done. Send it again shortly to get its answer."},
	domain.Unavailable:          {Status: http.StatusServiceUnavailable, Code: "unavailable", Detail: "The service cannot do this right now. Try again shortly."},
	domain.TooMany:              {Status: http.StatusTooManyRequests, Code: "throttled", Detail: "Too many attempts. Wait before you try again."},
}

// requestError refuses a request before a use-case is called.
type requestError struct {
	status int
	code   string
	detail string
}

func (e *requestError) Error() string { return e.detail }

func errMalformed(detail string) error {
	return &requestError{http.StatusBadRequest, "parse_error", detail}
}

func errTooLarge(limit int64) error {
	return &requestError{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The body can be at most %d KiB long.", limit>>10)}
}

func errSlow() error {
	return &requestError{
		http.StatusRequestTimeout, "request_timeout",
		fmt.Sprintf("The body did not arrive within %.0f seconds. Send it again over a faster connection.", httpserver.ReadTimeout.Seconds()),
	}
}

var (
	errMediaType = &requestError{
		http.StatusUnsupportedMediaType, "unsupported_media_type",
		"Send the body as application/json in UTF-8, without compression.",
	}
	errForeignForm = &requestError{
		http.StatusUnsupportedMediaType, "unsupported_media_type",
		"Forms of a page of another origin are not accepted. Send the body as application/json, or add the origin of the page to CORS_ALLOWED_ORIGINS.",
	}
	errOldHTTP = &requestError{
		http.StatusUpgradeRequired, "upgrade_required",
		"Use HTTP/1.1 or later: a client of HTTP/1.0 cannot detect that this answer was cut off. If the proxy is nginx, set proxy_http_version 1.1.",
	}
)

// problemOf turns an error into the problem that the client gets.
func problemOf(err error) problem {
	var p problem
	if e, ok := errors.AsType[*domain.Error](err); ok {
		p = problems[e.Kind]
		if e.Kind != domain.Internal {
			p.Code = cmp.Or(e.Code, p.Code)
			p.Detail = cmp.Or(e.Message, p.Detail)
			p.Errors = e.Fields
		}
	} else if e, ok := errors.AsType[*requestError](err); ok {
		p = problem{Status: e.status, Code: e.code, Detail: e.detail}
	} else if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code == http.StatusMethodNotAllowed {
		p = problem{Status: e.Code, Code: "method_not_allowed"} // sendProblem sets the detail
	} else if ok && e.Code == http.StatusNotFound {
		p = problems[domain.NotFound]
	} else {
		p = problems[domain.Internal]
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p
}

// defaultRetryAfter is for errors that do not say how long to wait: most outages are short.
const defaultRetryAfter = 2 * time.Second

// retryAfter returns the value of the Retry-After header (RFC 9110, 10.2.3). Seconds are
// rounded up, because a client that comes back too early is refused again.
func retryAfter(err error) string {
	wait := defaultRetryAfter
	if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
		wait = e.RetryAfter
	}
	return strconv.FormatFloat(math.Ceil(wait.Seconds()), 'f', 0, 64)
}

// sendProblem answers with the problem of err.
func sendProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	httpserver.RequestFrom(r.Context()).SetCode(p.Code)
	header := w.Header()
	header.Del(echo.HeaderLocation)
	header.Set(echo.HeaderContentType, "application/problem+json")
	switch p.Status {
	case http.StatusMethodNotAllowed:
		// The old backend's wording.
		p.Detail = fmt.Sprintf("Method %q not allowed.", httpserver.KnownMethod(r.Method))
	case http.StatusUnauthorized:
		challenge := "Bearer"
		if _, refused := errors.AsType[tokenError](err); refused {
			challenge = `Bearer error="invalid_token"`
		}
		header.Set(echo.HeaderWWWAuthenticate, challenge)
	case http.StatusRequestTimeout:
		header.Set(echo.HeaderConnection, "close") // The rest of the body can still arrive (RFC 9110, 15.5.9).
	case http.StatusUpgradeRequired:
		header.Set(echo.HeaderUpgrade, "HTTP/1.1")
		// net/http replaces a Connection header without "close" when it closes the connection.
		header.Set(echo.HeaderConnection, "Upgrade, close")
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set(echo.HeaderRetryAfter, retryAfter(err))
	}
	w.WriteHeader(p.Status)
	// This fails only if the client has closed the connection.
	_ = json.MarshalWrite(w, p, json.Deterministic(true))
}
