package httpapi

import (
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

// problem is the body of every error (RFC 9457), with the code and errors of
// the old backend's answers beside it.
type problem struct {
	Type   string             `json:"type"`
	Title  string             `json:"title"`
	Status int                `json:"status"`
	Detail string             `json:"detail"`
	Code   string             `json:"code"`
	Errors domain.FieldErrors `json:"errors,omitempty"`
}

// answers says how each kind of failure is told, unless the error says it better.
var answers = map[domain.Kind]problem{
	domain.Internal:        {Status: http.StatusInternalServerError, Code: "error", Detail: "A server error occurred."},
	domain.Invalid:         {Status: http.StatusBadRequest, Code: "invalid", Detail: "Invalid input."},
	domain.Unauthenticated: {Status: http.StatusUnauthorized, Code: "not_authenticated", Detail: "Authentication credentials were not provided."},
	domain.Forbidden:       {Status: http.StatusForbidden, Code: "permission_denied", Detail: "You do not have permission to perform this action."},
	domain.NotFound:        {Status: http.StatusNotFound, Code: "not_found", Detail: "Not found."},
	// The old backend answered a duplicate with 400, like every other bad value.
	domain.Conflict:    {Status: http.StatusBadRequest, Code: "conflict", Detail: "Invalid input."},
	domain.Unavailable: {Status: http.StatusServiceUnavailable, Code: "unavailable", Detail: "The service cannot do this right now. Try again shortly."},
	domain.TooMany:     {Status: http.StatusTooManyRequests, Code: "throttled", Detail: "Too many attempts. Wait before you try again."},
}

// requestError is a request that HTTP itself is wrong about; no use-case saw it.
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
	return &requestError{http.StatusRequestEntityTooLarge, "too_large", fmt.Sprintf("The body may have at most %d KiB.", limit>>10)}
}

func errSlow() error {
	return &requestError{
		http.StatusRequestTimeout, "request_timeout",
		fmt.Sprintf("The body did not arrive within %.0f seconds. Send it again, on a faster connection if there is one.", httpserver.ReadTimeout.Seconds()),
	}
}

func errMediaType() error {
	return &requestError{http.StatusUnsupportedMediaType, "unsupported_media_type", "Send the body as application/json in UTF-8, not compressed."}
}

func errForeignForm() error {
	return &requestError{
		http.StatusUnsupportedMediaType, "unsupported_media_type",
		"Send the body as application/json: a browser sends this form for a page of another origin, which is not in CORS_ALLOWED_ORIGINS.",
	}
}

func errOldHTTP() error {
	return &requestError{
		http.StatusUpgradeRequired, "upgrade_required",
		"This needs HTTP/1.1 or later: over HTTP/1.0, an answer that was cut off looks whole. If the proxy is nginx, set proxy_http_version 1.1.",
	}
}

// problemOf is the one place that turns an error into a status.
func problemOf(err error) problem {
	var p problem
	if e, ok := errors.AsType[*domain.Error](err); ok {
		p = answers[e.Kind]
		if e.Kind != domain.Internal {
			p.Code = orElse(e.Code, p.Code)
			p.Detail = orElse(e.Message, p.Detail)
			p.Errors = e.Fields
		}
	} else if e, ok := errors.AsType[*requestError](err); ok {
		p = problem{Status: e.status, Code: e.code, Detail: e.detail}
	} else if e, ok := errors.AsType[*echo.HTTPError](err); ok && e.Code == http.StatusMethodNotAllowed {
		p = problem{Status: e.Code, Code: "method_not_allowed"} // sendProblem knows the method
	} else if ok && e.Code == http.StatusNotFound {
		p = answers[domain.NotFound]
	} else {
		p = answers[domain.Internal]
	}
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	return p
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// shortOutage is a guess at how long one lasts.
const shortOutage = 2 * time.Second

// retryAfter returns how many seconds to wait before the next try (RFC 9110,
// 10.2.3), rounded up: who comes back too early is refused again.
func retryAfter(err error) string {
	wait := shortOutage
	if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
		wait = e.RetryAfter
	}
	return strconv.FormatFloat(math.Ceil(wait.Seconds()), 'f', 0, 64)
}

// sendProblem answers a request that failed with err.
func sendProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	httpserver.RequestFrom(r.Context()).SetCode(p.Code)
	header := w.Header()
	header.Del(echo.HeaderLocation)
	header.Set(echo.HeaderContentType, "application/problem+json")
	switch p.Status {
	case http.StatusMethodNotAllowed:
		// The old backend's wording, for methods that are known.
		p.Detail = fmt.Sprintf("Method %q not allowed.", httpserver.KnownMethod(r.Method))
	case http.StatusUnauthorized:
		challenge := "Bearer"
		if _, refused := errors.AsType[tokenError](err); refused {
			challenge = `Bearer error="invalid_token"`
		}
		header.Set(echo.HeaderWWWAuthenticate, challenge)
	case http.StatusRequestTimeout:
		header.Set(echo.HeaderConnection, "close") // The rest of the body can still come (RFC 9110, 15.5.9).
	case http.StatusUpgradeRequired:
		header.Set(echo.HeaderUpgrade, "HTTP/1.1")
		// Without close, net/http would drop the header where it closes the connection.
		header.Set(echo.HeaderConnection, "Upgrade, close")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		header.Set(echo.HeaderRetryAfter, retryAfter(err))
	}
	w.WriteHeader(p.Status)
	// The client is gone if this fails, and there is nobody left to tell.
	_ = json.MarshalWrite(w, p, json.Deterministic(true))
}
