package client

import (
	"bytes"
	"context"
	cryptorand "crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"regexp"
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
	isKeyed := setIdempotencyKey(request)
	for try := 1; ; try++ {
		response, err := r.next.Do(request)
		if err == nil && isKeyed {
			response, err = readWhole(response)
		}
		if try == maxTries || !canRepeat(request) || err != nil && !(isKeyed && isConnectionLost(request.Context(), err)) {
			return response, err
		}
		wait, again := firstWait<<(try-1), err != nil
		if err == nil {
			if again, err = isRefusedForNow(request, isKeyed, response); err != nil {
				return nil, err
			}
			wait = retryAfter(response, try)
		}
		if deadline, ok := request.Context().Deadline(); !again || wait > maxWait || ok && time.Until(deadline) < wait {
			return response, err
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

// keyedPath matches the paths at which the service does a POST with an Idempotency-Key once. It
// ignores the key at others.
var keyedPath = regexp.MustCompile(`/api/(doctors|patients|mappings)/([0-9]+/restore/|bulk/)?$`)

// setIdempotencyKey gives a POST that makes or restores records a random key, unless the
// caller has set one. It reports whether the request has a key that the service knows.
func setIdempotencyKey(request *http.Request) bool {
	if request.Method != http.MethodPost || !keyedPath.MatchString(request.URL.Path) {
		return false
	}
	if request.Header.Get("Idempotency-Key") == "" {
		request.Header.Set("Idempotency-Key", cryptorand.Text())
	}
	return true
}

// readWhole returns the answer with a body that has been read, so that a connection that is lost
// meanwhile is noticed here.
func readWhole(response *http.Response) (*http.Response, error) {
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// isConnectionLost reports whether the connection could not be made or was lost, or no answer
// came in time. Other errors, such as a certificate that is not trusted, stay.
func isConnectionLost(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	failed, isURLError := errors.AsType[*url.Error](err)
	_, isNetworkError := errors.AsType[*net.OpError](err)
	return isNetworkError || isURLError && failed.Timeout() || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
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
func isRefusedForNow(request *http.Request, isKeyed bool, response *http.Response) (bool, error) {
	switch response.StatusCode {
	case http.StatusConflict, http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		return false, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxProblemBytes))
	_ = response.Body.Close()
	if err != nil {
		return false, err
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	code := problemOf(response.StatusCode, body).Code
	switch response.StatusCode {
	case http.StatusConflict:
		return code == "idempotency_in_progress", nil
	case http.StatusTooManyRequests:
		return true, nil
	}
	return isKeyed || slices.Contains(idempotent, request.Method) || code == "busy", nil
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
