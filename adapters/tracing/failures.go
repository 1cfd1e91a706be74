package tracing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"sync"
	"time"
)

// failureLog logs that spans could not be sent. It implements otel.ErrorHandler.
type failureLog struct {
	log *slog.Logger

	mutex  sync.Mutex
	logged time.Time
}

// failureInterval is how often failures are logged at most.
const failureInterval = time.Minute

// Handle implements otel.ErrorHandler.
func (f *failureLog) Handle(err error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if time.Since(f.logged) < failureInterval {
		return
	}
	f.logged = time.Now()
	f.log.Warn("cannot send traces", "error", describe(err))
}

// answeredStatus matches the status in the library's error of a refused post.
var answeredStatus = regexp.MustCompile(`: (\d{3}) [^:]*\(body: `)

// describe returns the reason of a failure. The text of err can contain the endpoint's URL and
// what the collector has answered, and both can contain a password.
func describe(err error) string {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err.Error()
	}
	if found := answeredStatus.FindStringSubmatch(err.Error()); found != nil {
		return "the collector answered with status " + found[1]
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return "the collector did not answer in time"
	}
	return fmt.Sprintf("unexpected %T", err)
}
