package httpserver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// stuck is how long a store that ignores its context takes to return.
const stuck = 10 * time.Minute

// sharedLog is a buffer that is safe for concurrent use.
type sharedLog struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *sharedLog) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

func (l *sharedLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// TestARequestIsAnsweredAtItsDeadline uses handlers that run long after their deadline.
func TestARequestIsAnsweredAtItsDeadline(t *testing.T) {
	actor := domain.Actor{UserID: 7, SessionID: 8}
	for name, tt := range map[string]struct {
		do   func(http.ResponseWriter, *http.Request) error
		want string
	}{
		"the handler succeeds late": {func(w http.ResponseWriter, r *http.Request) error {
			time.Sleep(stuck)
			w.Header().Set("Location", "/1")
			RequestFrom(r.Context()).SetRoute("/other")
			w.WriteHeader(http.StatusCreated)
			_, err := io.WriteString(w, "made")
			assert.ErrorIs(t, err, http.ErrHandlerTimeout)
			assert.ErrorIs(t, http.NewResponseController(w).Flush(), http.ErrHandlerTimeout)
			assert.ErrorIs(t, ExtendWriteDeadline(w), http.ErrHandlerTimeout)
			return nil
		}, "level=INFO msg=\"request handler finished after its response\" request_id=a route=/{id} took=10m0s\n"},
		"the handler fails late": {func(_ http.ResponseWriter, r *http.Request) error {
			time.Sleep(stuck)
			return domain.ErrUnavailable(r.Context().Err())
		}, `route=/{id} took=10m0s error="The service cannot do this right now. Try again shortly.: context deadline exceeded"`},
		"the handler panics late": {func(http.ResponseWriter, *http.Request) error {
			time.Sleep(stuck)
			panic("x")
		}, "level=ERROR msg=\"request handler finished after its response\" request_id=a route=/{id} took=10m0s error=\"panic with a string"},
	} {
		t.Run(name, func(t *testing.T) {
			var log *sharedLog
			service := func() http.Handler {
				log = new(sharedLog)
				return serve(log, Options{}, func(w http.ResponseWriter, r *http.Request) error {
					RequestFrom(r.Context()).SetActor(actor)
					return tt.do(w, r)
				})
			}
			overEachVersion(t, service, func(t *testing.T, client *http.Transport) {
				start := time.Now()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://clinic.example/", http.NoBody)
				require.NoError(t, err)
				req.Header.Set("X-Request-Id", "a")
				resp, err := client.RoundTrip(req)
				require.NoError(t, err)
				_, err = io.ReadAll(resp.Body)
				require.NoError(t, err, "the answer is complete")
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, RequestTimeout+responseGrace, time.Since(start))
				assert.Less(t, time.Since(start), WriteTimeout)
				assert.Equal(t, 503, resp.StatusCode)
				assert.Empty(t, resp.Header.Get("Location"))
				synctest.Wait()
				assert.Contains(t, log.String(), "level=ERROR msg=request request_id=a method=POST route=/{id} status=503 took=25s user=7 session=8")
				assert.NotContains(t, log.String(), "after its response")
				time.Sleep(stuck)
				synctest.Wait()
				assert.Contains(t, log.String(), tt.want)
			})
		})
	}
}

// TestAStreamedResponseEndsWhenAPartIsLate uses WithExtraTime.
func TestAStreamedResponseEndsWhenAPartIsLate(t *testing.T) {
	for name, tt := range map[string]struct {
		part int
		want string
	}{"the first": {1, "status=503"}, "another": {2, "status=200"}} {
		t.Run(name, func(t *testing.T) {
			var log *sharedLog
			service := func() http.Handler {
				log = new(sharedLog)
				return serve(log, Options{}, func(w http.ResponseWriter, r *http.Request) error {
					for part := range 3 {
						text, err := WithExtraTime(w, r, func(context.Context) (string, error) {
							if part+1 == tt.part {
								time.Sleep(stuck)
							}
							return "part", nil
						})
						if err == nil {
							_, err = io.WriteString(w, text)
						}
						if err == nil {
							err = http.NewResponseController(w).Flush()
						}
						if err != nil {
							return err
						}
					}
					return nil
				})
			}
			overEachVersion(t, service, func(t *testing.T, client *http.Transport) {
				start := time.Now()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://clinic.example/", nil)
				require.NoError(t, err)
				resp, err := client.RoundTrip(req)
				require.NoError(t, err)
				_, err = io.ReadAll(resp.Body)
				assert.Equal(t, tt.part > 1, err != nil, "a part is not taken for the complete response")
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, RequestTimeout+responseGrace, time.Since(start))
				synctest.Wait()
				assert.Contains(t, log.String(), tt.want)
				assert.Contains(t, log.String(), "level=ERROR")
				time.Sleep(stuck)
			})
		})
	}
}

func TestAStreamedResponseEndsWithTheSession(t *testing.T) {
	for name, valid := range map[string]int{"before the first part": 0, "after it": 1} {
		asked := 0
		var log bytes.Buffer
		server := httptest.NewServer(serve(&log, Options{}, func(w http.ResponseWriter, r *http.Request) error {
			RequestFrom(r.Context()).SetRecheck(func(context.Context) error {
				if asked++; asked > valid {
					return domain.ErrAccessToken()
				}
				return nil
			})
			for range 3 {
				part, err := WithExtraTime(w, r, func(context.Context) (string, error) { return "part", nil })
				if err != nil {
					return err
				}
				_, _ = io.WriteString(w, part)
				_ = http.NewResponseController(w).Flush()
			}
			return nil
		}))
		resp, err := http.Get(server.URL)
		require.NoError(t, err, name)
		body, err := io.ReadAll(resp.Body)
		assert.Equal(t, valid > 0, err != nil, "%s: a part is not taken for the complete response", name)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, valid > 0, resp.StatusCode == http.StatusOK, name)
		assert.NotContains(t, string(body), "partpart", name)
		server.Close() // The request is logged then.
		assert.Equal(t, valid > 0, strings.Contains(log.String(), `level=INFO msg=request`), name)
	}
}

func TestAPanicInAStreamedResponseIsAnError(t *testing.T) {
	var log bytes.Buffer
	server := httptest.NewServer(serve(&log, Options{}, func(w http.ResponseWriter, r *http.Request) error {
		_, err := WithExtraTime(w, r, func(context.Context) (string, error) { panic("x") })
		return err
	}))
	defer server.Close()
	resp, err := http.Get(server.URL)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 500, resp.StatusCode)
	assert.Contains(t, log.String(), "deadline_test.go", "the log says where")
}

// TestHeadersOfAFailedTransportAreKept expects headers such as Vary in the response
// to a failure.
func TestHeadersOfAFailedTransportAreKept(t *testing.T) {
	got := get1(serve(io.Discard, Options{}, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Vary", "Accept")
		w.Header().Del("X-Frame-Options")
		return errors.New("broken")
	}))
	assert.Equal(t, 500, got.Code)
	assert.Equal(t, "Accept", got.Header().Get("Vary"))
	assert.Empty(t, got.Header().Values("X-Frame-Options"))
}

// TestServeWaitsForHandlersOfAbandonedRequests stops a service whose store is still
// writing.
func TestServeWaitsForHandlersOfAbandonedRequests(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	address, stop, stopped := start(t, serve(io.Discard, Options{}, func(http.ResponseWriter, *http.Request) error {
		close(entered)
		<-leave
		return nil
	}), nil, 0)
	ctx, hangUp := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address, nil)
	require.NoError(t, err)
	answered := make(chan error)
	go func() {
		resp, err := (&http.Transport{}).RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		answered <- err
	}()
	<-entered
	hangUp() // The request is abandoned after responseGrace.
	require.Error(t, <-answered)
	stop()
	select {
	case <-stopped:
		t.Fatal("it is still at work")
	case <-time.After(responseGrace + time.Second):
	}
	close(leave)
	assert.NoError(t, <-stopped)
}
