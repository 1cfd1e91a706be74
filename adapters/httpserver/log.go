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

// statusClientGone is logged when a client disconnected before the response. It is nginx's
// status for this case and is not sent to any client.
const statusClientGone = 499

// unknownRoute is logged for a path that matches no route.
const unknownRoute = "unknown"

// logRequests answers failed requests and logs one line per request. The line contains ids
// and never content. Errors of requests are logged here and nowhere else. If a request
// fails after the response has begun, the connection is closed, so that the client does
// not mistake a part of the response for all of it. observer is told what is logged.
func logRequests(log *slog.Logger, observer Observer, answerError AnswerError, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		observer.RequestBegan()
		request := RequestFrom(r.Context())
		answer := &response{ResponseWriter: w, service: request.service}
		next.ServeHTTP(answer, r)
		cut := request.err != nil && answer.begun()
		if request.err != nil && !cut {
			// A client that closed its half of the connection can still read the response.
			answerError(answer, r, request.err)
		}
		answer.begin(http.StatusOK) // net/http sends this status if the transport set none.
		outcome, took := outcomeOf(request, answer, cut), time.Since(start)
		request.endTrace(request.route, outcome.status, outcome.level >= slog.LevelWarn)
		observer.RequestEnded(outcome.observed(request, r, took))
		attrs := []slog.Attr{slog.String("request_id", request.origin.RequestID)}
		if request.traceID != "" {
			attrs = append(attrs, slog.String("trace_id", request.traceID))
		}
		attrs = append(
			attrs,
			slog.String("method", KnownMethod(r.Method)),
			slog.String("route", request.routeName()),
			slog.Int("status", outcome.status),
			slog.Duration("took", took),
		)
		attrs = append(attrs, request.refusalAttrs(outcome.status)...)
		if request.signedIn {
			attrs = append(attrs, slog.String("user", request.actor.UserID.String()), slog.String("session", request.actor.SessionID.String()))
		}
		if outcome.error != "" {
			attrs = append(attrs, slog.String("error", outcome.error))
		}
		if !request.isCounted {
			log.LogAttrs(context.WithoutCancel(r.Context()), outcome.level, "request", attrs...)
		}
		if cut {
			panic(http.ErrAbortHandler)
		}
	})
}

// routeName returns the pattern of the request's route, or unknownRoute.
func (r *Request) routeName() string { return cmp.Or(r.route, unknownRoute) }

// refusalAttrs returns the attributes of a refused request: its code, its reason and, for
// routes that called NameClient, the client's address.
func (r *Request) refusalAttrs(status int) (attrs []slog.Attr) {
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

// outcome is what is logged about the result of a request.
type outcome struct {
	level  slog.Level
	status int
	error  string
	// cut says that the service, and not the client, ended the response before its end.
	cut bool
}

// outcomeOf returns what to log about a finished request. cut is whether it failed after
// the response had begun.
func outcomeOf(request *Request, answer *response, cut bool) outcome {
	err := request.err
	switch {
	case cut && clientLeft(request, answer, cut):
		// The error itself contains network addresses.
		return outcome{level: slog.LevelInfo, status: answer.status, error: "client disconnected during the response"}
	case err != nil && clientLeft(request, answer, cut):
		return outcome{level: slog.LevelInfo, status: statusClientGone, error: "client disconnected before the response"}
	case cut && domain.KindOf(err) == domain.Unauthenticated:
		return outcome{level: slog.LevelInfo, status: answer.status, error: "session ended during the response"}
	case cut || err != nil && answer.status >= http.StatusInternalServerError:
		if e, ok := errors.AsType[*domain.Error](err); ok && e.RetryAfter > 0 {
			return outcome{slog.LevelWarn, answer.status, err.Error(), cut} // The service is busy, not broken.
		}
		return outcome{slog.LevelError, answer.status, err.Error(), cut}
	}
	return outcome{level: slog.LevelInfo, status: answer.status}
}

// clientLeft reports whether a request failed because its client disconnected or did not
// read the response. It is false for a request that exceeded its deadline, even if the
// client disconnected later.
func clientLeft(request *Request, answer *response, cut bool) bool {
	if _, broken := errors.AsType[*net.OpError](request.err); broken && cut {
		return true
	}
	if request.connected.Err() == nil {
		return false
	}
	return errors.Is(request.err, context.Canceled) || answer.writeErr != nil && errors.Is(request.err, answer.writeErr)
}

// KnownMethod returns method if it is a standard one and "other" otherwise. It keeps text
// that a client invented out of logs and responses.
func KnownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
