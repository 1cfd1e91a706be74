package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/httpapi/apitest"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	goodPassword  = "orbit-walnut-73-lagoon"
	otherPassword = "kettle-meadow-40-harbor"
)

// stores has a function for each kind of store that opens an empty store.
var stores = map[string]func(t testing.TB) ports.Store{
	"memory": func(testing.TB) ports.Store { return memory.New() },
	"sqlite": func(t testing.TB) ports.Store {
		store, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		return store
	},
	"postgres": func(t testing.TB) ports.Store {
		store, err := postgres.Open(t.Context(), pgtest.New(t), postgres.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		return store
	},
}

// forEachStore runs test with each kind of store.
func forEachStore(t *testing.T, test func(t *testing.T, api *api), setups ...clinictest.Setup) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newAPI(t, open(t), setups...))
		})
	}
}

// api is a running service. Each of its answers is checked against openapi.yaml.
type api struct {
	*clinictest.Clinic
	t         testing.TB
	url       string
	transport http.RoundTripper
	log       *logBuffer
}

// newAPI serves a clinic over store, without rate limits unless setups set some.
func newAPI(t testing.TB, store ports.Store, setups ...clinictest.Setup) *api {
	t.Helper()
	return newAPIWithOptions(t, store, httpapi.Options{}, setups...)
}

func newAPIWithOptions(t testing.TB, store ports.Store, options httpapi.Options, setups ...clinictest.Setup) *api {
	t.Helper()
	log := &logBuffer{}
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	useStore := func(p *application.Ports, r *application.Rules) {
		p.Store, p.Revocations = store, newRevocations(t, store, r.Sessions.Access, logger)
	}
	clinic := clinictest.New(t, append(setups, useStore)...)
	clinic.SetTime(ports.SystemClock())
	// A test can choose its client address with X-Forwarded-For.
	options.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	server := httptest.NewServer(httpapi.NewHandler(clinic.UseCases, store, options, logger))
	t.Cleanup(server.Close)
	return &api{Clinic: clinic, t: t, url: server.URL, transport: apitest.Transport(t), log: log}
}

// newRevocations returns the store if it implements ports.Revocations, and otherwise a
// revocation set that polls the store.
func newRevocations(t testing.TB, store ports.Store, lifetime time.Duration, log *slog.Logger) ports.Revocations {
	t.Helper()
	if direct, ok := store.(ports.Revocations); ok {
		return direct
	}
	set := revocations.New(store.(revocations.Source), lifetime)
	ctx, stop := context.WithCancel(t.Context())
	polled := make(chan struct{})
	go func() {
		defer close(polled)
		set.Poll(ctx, log)
	}()
	t.Cleanup(func() { stop(); <-polled })
	return set
}

// logBuffer keeps the log of a service.
type logBuffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logBuffer) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

func (l *logBuffer) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// answer is a response whose body has been read.
type answer struct {
	*http.Response
	body []byte
}

func (a answer) decode(t testing.TB, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.body, into), "%s", a.body)
}

// object returns the answer as a JSON object.
func (a answer) object(t testing.TB) map[string]any {
	t.Helper()
	var object map[string]any
	a.decode(t, &object)
	return object
}

// code returns the code of the problem.
func (a answer) code(t testing.TB) string {
	t.Helper()
	code, _ := a.object(t)["code"].(string)
	return code
}

// objects returns the answer as an array of JSON objects.
func (a answer) objects(t testing.TB) []map[string]any {
	t.Helper()
	var objects []map[string]any
	a.decode(t, &objects)
	return objects
}

// do sends a request. A body that is not empty is sent as JSON.
func (a *api) do(method, path, token, body string, headers ...string) answer {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	require.NoError(a.t, err)
	if body == "" {
		req.Body = http.NoBody
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return a.send(req)
}

// doUntilServed is do for one of many requests at the same moment. On a slow machine, some wait for
// too long, and the answer is to send them again. That is done here.
func (a *api) doUntilServed(method, path, token, body string, headers ...string) answer {
	a.t.Helper()
	for {
		got := a.do(method, path, token, body, headers...)
		if got.StatusCode != http.StatusServiceUnavailable {
			return got
		}
		assert.NotEmpty(a.t, got.Header.Get("Retry-After"))
	}
}

func (a *api) send(req *http.Request) answer {
	a.t.Helper()
	resp, err := a.transport.RoundTrip(req)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return answer{resp, body}
}

// want sends a request and requires the status of the answer.
func (a *api) want(status int, method, path, token, body string, headers ...string) answer {
	a.t.Helper()
	got := a.do(method, path, token, body, headers...)
	require.Equal(a.t, status, got.StatusCode, "%s %s: %s", method, path, got.body)
	return got
}

// signUp creates a user with the role and returns an access token of the user.
func (a *api) signUp(email string, role domain.Role) (access string) {
	a.t.Helper()
	_, err := a.Users.Register(a.t.Context(), domain.Actor{Role: domain.Operator}, domain.Registration{
		Email: domain.Given(email), Password: domain.Given(goodPassword), Role: domain.Given(string(role)),
	})
	require.NoError(a.t, err)
	return a.login(email)["access"].(string)
}

func (a *api) login(email string) map[string]any {
	a.t.Helper()
	return a.want(200, "POST", "/api/auth/login/", "", credentials(email, goodPassword)).object(a.t)
}

func credentials(email, password string) string {
	return `{"username":"` + email + `","password":"` + password + `"}`
}
