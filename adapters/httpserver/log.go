package httpserver

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"example.com/healthcare/domain"
)

// statusClientGone is the status in the log when a client hung up before it was
// answered. nginx has made it known; no client sees it.
const statusClientGone = 499

// unknownRoute stands in the log for a path that no route has.
const unknownRoute = "unknown"

// logRequests answers a request that failed, and writes one line for every
// request, with ids and never content. It is where an error is logged. An error
// that comes when the answer has begun ends the connection, so that nobody takes a
// part for the whole.
func logRequests(log *slog.Logger, answerError AnswerError, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		request := RequestFrom(r.Context())
		answer := &response{ResponseWriter: w, service: request.service}
		next.ServeHTTP(answer, r)
		cut := request.err != nil && answer.begun()
		if request.err != nil && !cut {
			// A client that hung up can still be reading: it may have closed its half only.
			answerError(answer, r, request.err)
		}
		answer.begin(http.StatusOK) // net/http sends it unless it is told another
		outcome := judge(request, answer, cut)
		attrs := []slog.Attr{
			slog.String("request_id", request.origin.RequestID),
			slog.String("method", KnownMethod(r.Method)),
			slog.String("route", cmp.Or(request.route, unknownRoute)),
			slog.Int("status", outcome.status),
			slog.Duration("took", time.Since(start)),
		}
		attrs = append(attrs, request.refusal(outcome.status)...)
		if request.signedIn {
			attrs = append(attrs, slog.String("user", request.actor.UserID.String()), slog.String("session", request.actor.SessionID.String()))
		}
		if outcome.error != "" {
			attrs = append(attrs, slog.String("error", outcome.error))
		}
		log.LogAttrs(context.WithoutCancel(r.Context()), outcome.level, "request", attrs...)
		if cut {
			panic(http.ErrAbortHandler)
		}
	})
}

// refusal says in the log line why a request was refused, and to whom if the transport
// wants it named.
func (r *Request) refusal(status int) (attrs []slog.Attr) {
	if r.code != "" {
		attrs = append(attrs, slog.String("code", r.code))
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		if r.namesClient {
			attrs = append(attrs, slog.String("client", r.origin.Address.String()))
		}
	}
	if r.reason != "" {
		attrs = append(attrs, slog.String("reason", r.reason))
	}
	return attrs
}

// outcome is how a request is logged.
type outcome struct {
	level  slog.Level
	status int
	error  string
}

// judge says how a request is logged once it has been answered, or cut off in the
// middle of its answer.
func judge(request *Request, answer *response, cut bool) outcome {
	err := request.err
	switch {
	case cut && clientLeft(request, answer, cut):
		// The error of a connection names addresses.
		return outcome{slog.LevelInfo, answer.status, "the client did not take the whole answer"}
	case err != nil && clientLeft(request, answer, cut):
		return outcome{slog.LevelInfo, statusClientGone, "the client hung up before it was answered"}
	case cut || err != nil && answer.status >= http.StatusInternalServerError:
		if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
			return outcome{slog.LevelWarn, answer.status, err.Error()} // busy: nothing is wrong
		}
		return outcome{slog.LevelError, answer.status, err.Error()}
	}
	return outcome{slog.LevelInfo, answer.status, ""}
}

// clientLeft reports whether a request failed because its client hung up, or did
// not take the answer. A request that ran out of time failed for another reason,
// whatever its client did later.
func clientLeft(request *Request, answer *response, cut bool) bool {
	if _, broken := errors.AsType[*net.OpError](request.err); broken && cut {
		return true
	}
	if request.connected.Err() == nil {
		return false
	}
	return errors.Is(request.err, context.Canceled) || answer.lost != nil && errors.Is(request.err, answer.lost)
}

// KnownMethod returns method, or "other" in place of what a client made up: that
// stays out of logs and answers.
func KnownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
