package client

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// maxTries is how often a request is sent at most.
	maxTries = 4
	// maxWait is the longest Retry-After that a request waits for. Longer ones are limits
	// of sign-ins, and a caller that waits for minutes seems to hang.
	maxWait = time.Minute
	// firstWait is the wait if an answer has no Retry-After. It doubles with each try.
	firstWait = time.Second
	// maxProblemBytes is the longest body of an error that is read.
	maxProblemBytes = 64 << 10
)

// retrier repeats requests that the service refused for the moment. See Clinic for the rules.
type retrier struct{ next HttpRequestDoer }

// Do implements HttpRequestDoer.
func (r retrier) Do(request *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		response, err := r.next.Do(request)
		if err != nil || try == maxTries || !canRepeat(request) {
			return response, err
		}
		again, err := isRefusedForNow(request, response)
		if err != nil {
			return nil, err
		}
		wait := retryAfter(response, try)
		if deadline, ok := request.Context().Deadline(); !again || wait > maxWait || ok && time.Until(deadline) < wait {
			return response, nil
		}
		// Clients that were refused together do not come back together.
		if err := sleep(request.Context(), wait+rand.N(wait/4+1)); err != nil {
			return nil, err
		}
		if request.GetBody != nil {
			if request.Body, err = request.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// canRepeat reports whether the body of the request, if it has one, can be sent again.
func canRepeat(request *http.Request) bool {
	return request.Body == nil || request.Body == http.NoBody || request.GetBody != nil
}

// idempotent are the methods that have the same effect if the request is sent twice. PATCH
// is one of them in this API, because it sets members to values. With If-Match, the answer to
// the second request is 412 if the first one was done although its answer was lost.
var idempotent = []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPatch, http.MethodDelete}

// isRefusedForNow reports whether the answer invites to send the request again, and doing so
// changes nothing twice. It closes the body of such an answer.
func isRefusedForNow(request *http.Request, response *http.Response) (bool, error) {
	if response.StatusCode != http.StatusTooManyRequests && response.StatusCode != http.StatusServiceUnavailable {
		return false, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblemBytes))
	_ = response.Body.Close()
	if err != nil {
		return false, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response.StatusCode == http.StatusTooManyRequests || slices.Contains(idempotent, request.Method) ||
		problemOf(response.StatusCode, body).Code == "busy", nil
}

// retryAfter returns how long the answer asks to wait (RFC 9110, 10.2.3).
func retryAfter(response *http.Response, try int) time.Duration {
	value := response.Header.Get("Retry-After")
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return firstWait << (try - 1)
}

// sleep waits. It returns the error of ctx if that ends first.
func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// problemOf returns the problem in the body of an error. A proxy can answer with something
// else; then the problem has the status only.
func problemOf(status int, body []byte) *Problem {
	problem := Problem{}
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: "the answer has status " + strconv.Itoa(status) + " and is not a problem document"}
	}
	return &problem
}
