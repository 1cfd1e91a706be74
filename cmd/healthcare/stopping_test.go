package main_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

// exchanger sends requests over one connection after the other, as long as each lasts.
type exchanger interface {
	RoundTrip(*http.Request) (*http.Response, error)
}

// keptAlive speaks HTTP/1.1. Unlike http.Transport, it sends no request twice.
type keptAlive struct {
	conn   net.Conn
	reader *bufio.Reader
}

// RoundTrip implements http.RoundTripper, with one request at a time.
func (k *keptAlive) RoundTrip(req *http.Request) (*http.Response, error) {
	if k.conn == nil {
		conn, err := net.Dial("tcp", req.URL.Host)
		if err != nil {
			return nil, err
		}
		k.conn, k.reader = conn, bufio.NewReader(conn)
	}
	if err := req.Write(k.conn); err != nil {
		return nil, err
	}
	resp, err := http.ReadResponse(k.reader, req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(strings.NewReader(string(text)))
	if resp.Close {
		_ = k.conn.Close()
		k.conn = nil
	}
	return resp, err
}

// TestStoppingDropsNoRequest has clients that read and write in a loop while the
// service is asked to stop. Until new connections are refused, all is answered.
func TestStoppingDropsNoRequest(t *testing.T) {
	certFile, keyFile, authority := certificate(t)
	for name, tt := range map[string]struct {
		env      []string
		exchanger func() exchanger
	}{
		"HTTP/1.1": {nil, func() exchanger { return &keptAlive{} }},
		"HTTP/2.0": {[]string{"TLS_CERT_FILE=" + certFile, "TLS_KEY_FILE=" + keyFile}, func() exchanger {
			return &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: authority}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			plain := append([]string{"DATA_DIR=" + t.TempDir()}, noLimits...)
			env := append(append([]string{}, plain...), append(tt.env, "SHUTDOWN_DELAY=1s", "LOG_LEVEL=WARN")...)
			migrateAndSignUp := func() { createSuperuser(t, plain, "admin@example.com") }
			serve(t, plain).stop() // It makes the store.
			migrateAndSignUp()
			var made []string
			var mutex sync.Mutex
			for round := range 3 {
				s := serve(t, env)
				once := place{&http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority}}, Timeout: time.Minute}}
				token := once.login(s, "admin@example.com", goodPassword).member(s, "access")
				var clients sync.WaitGroup
				var answers, unready atomic.Int64
				ask := func(with exchanger, method, path, body string) (int, error) {
					req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, s.url+path, strings.NewReader(body))
					require.NoError(t, err)
					req.Header.Set("Authorization", "Bearer "+token)
					if body != "" {
						req.Header.Set("Content-Type", "application/json")
					}
					resp, err := with.RoundTrip(req)
					if err != nil {
						return 0, err
					}
					_, err = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					assert.Equal(t, name, resp.Proto)
					answers.Add(1)
					return resp.StatusCode, err
				}
				refused := func(err error) bool {
					if err == nil {
						return false
					}
					var failed *net.OpError
					assert.True(t, errors.As(err, &failed) && failed.Op == "dial" && errors.Is(err, syscall.ECONNREFUSED), "%v", err)
					return true
				}
				for n := range 24 {
					clients.Go(func() {
						with := tt.exchanger()
						for i := 0; ; i++ {
							switch n % 3 {
							case 0:
								name := fmt.Sprintf("Patient %d %d %d", round, n, i)
								status, err := ask(with, http.MethodPost, "/api/patients/", `{"name": "`+name+`"}`)
								if refused(err) {
									return
								}
								assert.Equal(t, http.StatusCreated, status)
								mutex.Lock()
								made = append(made, name)
								mutex.Unlock()
							case 1:
								status, err := ask(with, http.MethodGet, "/api/auth/permissions/", "")
								if refused(err) {
									return
								}
								assert.Equal(t, http.StatusOK, status)
							default:
								status, err := ask(with, http.MethodGet, "/readyz", "")
								if refused(err) {
									return
								}
								if status != http.StatusOK {
									assert.Equal(t, http.StatusServiceUnavailable, status)
									unready.Add(1)
								}
							}
						}
					})
				}
				time.Sleep(300 * time.Millisecond)
				require.Zero(t, unready.Load())
				s.stop()
				clients.Wait()
				assert.NotZero(t, unready.Load(), "it says that it is going")
				t.Log("answers:", answers.Load(), "after readiness said no:", unready.Load())
			}

			s := serve(t, plain)
			var kept []string
			api := s.api(s.login("admin@example.com"))
			limit := 1000
			for params := (client.ListPatientsParams{Limit: &limit}); ; {
				page, err := api.ListPatientsWithResponse(t.Context(), &params)
				require.NoError(t, err)
				require.NotNil(t, page.JSON200, "%s", page.Body)
				for _, patient := range *page.JSON200 {
					kept = append(kept, patient.Name)
				}
				if params.Cursor = client.NextPage(page.HTTPResponse); params.Cursor == nil {
					break
				}
			}
			assert.ElementsMatch(t, made, kept)
			s.stop()
		})
	}
}
