package main_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

// TestStoppingDropsNoRequest runs clients that read and write in a loop while the
// service is told to stop. Every request is answered until new connections are refused.
func TestStoppingDropsNoRequest(t *testing.T) {
	certFile, keyFile, authority := certificate(t)
	trusting := &tls.Config{RootCAs: authority}
	for version, tt := range map[string]struct {
		env  []string
		open func() http.RoundTripper
	}{
		"HTTP/1.1": {nil, func() http.RoundTripper { return &sendingOnce{} }},
		"HTTP/2.0": {[]string{"TLS_CERT_FILE=" + certFile, "TLS_KEY_FILE=" + keyFile}, func() http.RoundTripper {
			return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: trusting.Clone()}
		}},
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			env := append([]string{"DATA_DIR=" + t.TempDir()}, noLimits...)
			migrate(t, env)
			createSuperuser(t, env, "admin@example.com")
			home := place{&http.Client{Transport: &http.Transport{TLSClientConfig: trusting.Clone()}, Timeout: time.Minute}}
			crowd := &crowd{t: t, version: version}
			for round := range 3 {
				s := serve(t, slices.Concat(env, tt.env, []string{"SHUTDOWN_DELAY=1s"}))
				crowd.url, crowd.token = s.url, home.login(s, "admin@example.com", goodPassword).member(s, "access")
				var clients sync.WaitGroup
				for n := range 8 {
					clients.Go(func() { crowd.loop(tt.open(), http.MethodGet, "/api/auth/permissions/", "") })
					clients.Go(func() { crowd.loop(tt.open(), http.MethodGet, "/readyz", "") })
					clients.Go(func() { crowd.loop(tt.open(), http.MethodPost, "/api/patients/", fmt.Sprintf("%d %d", round, n)) })
				}
				time.Sleep(300 * time.Millisecond)
				require.Zero(t, crowd.unready.Load())
				s.stop()
				clients.Wait()
				assert.NotZero(t, crowd.unready.Swap(0), "/readyz answers 503 while the service stops")
				assert.NotContains(t, s.log.String(), "level=ERROR")
			}
			s := serve(t, env)
			assert.ElementsMatch(t, crowd.made, patientNames(t, s.api(s.login("admin@example.com"))), "each acknowledged patient once, and no others")
			s.stop()
		})
	}
}

// patientNames returns the names of all patients.
func patientNames(t *testing.T, api *client.ClientWithResponses) (names []string) {
	t.Helper()
	limit := 1000
	params := client.ListPatientsParams{Limit: &limit}
	for {
		page, err := api.ListPatientsWithResponse(t.Context(), &params)
		require.NoError(t, err)
		require.NotNil(t, page.JSON200, "%s", page.Body)
		for _, patient := range *page.JSON200 {
			names = append(names, patient.Name)
		}
		if params.Cursor = client.NextPage(page.HTTPResponse); params.Cursor == nil {
			return names
		}
	}
}

// crowd is a set of clients of a stopping service.
type crowd struct {
	t                   *testing.T
	version, url, token string
	// unready counts the 503 responses of /readyz.
	unready atomic.Int64

	mutex sync.Mutex
	// made are the names of the patients that were acknowledged.
	made []string
}

// loop repeats a request until new connections are refused. A POST
// creates patients whose names begin with name.
func (c *crowd) loop(with http.RoundTripper, method, path, name string) {
	for i := 0; ; i++ {
		body, want := "", http.StatusOK
		if method == http.MethodPost {
			body, want = fmt.Sprintf(`{"name": "%s %d"}`, name, i), http.StatusCreated
		}
		status, err := c.send(with, method, path, body)
		if failed, ok := errors.AsType[*net.OpError](err); ok && failed.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if !assert.NoError(c.t, err, "%s %s", method, path) {
			return
		}
		switch {
		case path == "/readyz" && status == http.StatusServiceUnavailable:
			c.unready.Add(1)
		case !assert.Equal(c.t, want, status, "%s %s", method, path):
			return
		case method == http.MethodPost:
			c.mutex.Lock()
			c.made = append(c.made, fmt.Sprintf("%s %d", name, i))
			c.mutex.Unlock()
		}
	}
}

func (c *crowd) send(with http.RoundTripper, method, path, body string) (status int, err error) {
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, strings.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := with.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	if resp.Proto != c.version {
		return 0, fmt.Errorf("the answer is %s", resp.Proto)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// sendingOnce is an HTTP/1.1 transport with one connection, or a new one when the server
// has closed it between requests. Unlike http.Transport it never resends a request. It is
// not safe for concurrent use.
type sendingOnce struct {
	conn   net.Conn
	reader *bufio.Reader
}

// RoundTrip implements http.RoundTripper.
func (s *sendingOnce) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.conn == nil {
		conn, err := new(net.Dialer).DialContext(req.Context(), "tcp", req.URL.Host)
		if err != nil {
			return nil, err
		}
		s.conn, s.reader = conn, bufio.NewReader(conn)
	}
	if err := req.Write(s.conn); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(s.reader, req)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.Close {
		_ = s.conn.Close()
		s.conn = nil
	}
	return resp, err
}
