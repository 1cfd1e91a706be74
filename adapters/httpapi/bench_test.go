package httpapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// BenchmarkGetPatient sends the most frequent request over HTTP, from 16 connections for
// each CPU, to each store.
func BenchmarkGetPatient(b *testing.B) {
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			api := newAPI(b, open(b))
			admin := api.signUp("admin@example.com", domain.Admin)
			api.populate(admin)
			transport := &http.Transport{MaxIdleConnsPerHost: 256}
			b.Cleanup(transport.CloseIdleConnections)
			b.SetParallelism(16)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					api.getPatient(transport, admin)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}

// getPatient can be called concurrently. It does not check the answer against openapi.yaml.
func (a *api) getPatient(transport *http.Transport, token string) {
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, a.url+"/api/patients/1/", nil)
	assert.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := transport.RoundTrip(req)
	if !assert.NoError(a.t, err) {
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	assert.Equal(a.t, http.StatusOK, resp.StatusCode)
}

// overriddenStore calls override in place of Update, if it is set. Requests that read only
// update the audit trail, so override replaces the recording of their events.
type overriddenStore struct {
	*sqlstore.Store
	override atomic.Pointer[func() error]
}

func (s *overriddenStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	if override := s.override.Load(); override != nil {
		return (*override)()
	}
	return s.Store.Update(ctx, fn)
}

// keepSealing seals the audit trail as often as the program does.
func keepSealing(b *testing.B, store ports.Store) {
	sealer := clinictest.New(b, func(p *application.Ports, _ *application.Rules) { p.Store, p.Clock = store, ports.SystemClock }).Sealer
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	var sealing sync.WaitGroup
	sealing.Go(func() {
		tick := time.NewTicker(2 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				_, err := sealer.Seal(ctx)
				assert.NoError(b, err)
			case <-ctx.Done():
				return
			}
		}
	})
	b.Cleanup(func() {
		cancel()
		sealing.Wait()
	})
}

// BenchmarkAccounting reads one patient over HTTP from several connections, in three ways in
// turn: with the audit trail, without it, and with one write and fsync of a page in its
// place, which is the least that any audit trail on this disk costs. The trail is sealed
// meanwhile. "ratio" is the throughput with the trail divided by that without it, and should
// be 0.8 or more. "least-ratio" is the same for the write of a page.
func BenchmarkAccounting(b *testing.B) {
	nothing := func() error { return nil }
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, connections := range []int{16, 64} {
			b.Run(fmt.Sprintf("%s/%d", engine, connections), func(b *testing.B) {
				store := &overriddenStore{Store: stores[engine](b).(*sqlstore.Store)}
				api := newAPI(b, store)
				admin := api.signUp("admin@example.com", domain.Admin)
				api.populate(admin)
				keepSealing(b, store.Store)
				least := pageWriter(b)
				transport := &http.Transport{MaxIdleConnsPerHost: connections}
				b.Cleanup(transport.CloseIdleConnections)
				const requests = 2048
				read := func(override *func() error) time.Duration {
					store.override.Store(override)
					start := time.Now()
					var clients sync.WaitGroup
					for range connections {
						clients.Go(func() {
							for range requests / connections {
								api.getPatient(transport, admin)
							}
						})
					}
					clients.Wait()
					return time.Since(start)
				}
				read(nil)
				var with, without, withLeast time.Duration
				var served int
				for b.Loop() {
					without += read(&nothing)
					with += read(nil)
					withLeast += read(&least)
					served += requests
				}
				b.ReportMetric(0, "ns/op") // hides it: it has no meaning here
				b.ReportMetric(float64(served)/with.Seconds(), "requests/s")
				b.ReportMetric(float64(served)/without.Seconds(), "unaccounted/s")
				b.ReportMetric(without.Seconds()/with.Seconds(), "ratio")
				b.ReportMetric(without.Seconds()/withLeast.Seconds(), "least-ratio")
			})
		}
	}
}

// pageWriter returns a function that writes the same page of a file and syncs it.
func pageWriter(b *testing.B) func() error {
	file, err := os.Create(filepath.Join(b.TempDir(), "page"))
	require.NoError(b, err)
	b.Cleanup(func() { assert.NoError(b, file.Close()) })
	page := make([]byte, 4096)
	return func() error {
		_, err := file.WriteAt(page, 0)
		return errors.Join(err, file.Sync())
	}
}

// BenchmarkCreatePatient registers patients over HTTP from several connections. "p50-ms" and
// "p99-ms" are the times within which half of the requests and 99 of 100 are answered. p99 should
// be at most three times p50.
func BenchmarkCreatePatient(b *testing.B) {
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, connections := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/%d", engine, connections), func(b *testing.B) {
				api := newAPI(b, stores[engine](b))
				admin := api.signUp("admin@example.com", domain.Admin)
				transport := &http.Transport{MaxIdleConnsPerHost: connections}
				b.Cleanup(transport.CloseIdleConnections)
				var sent atomic.Int64
				took := make([]time.Duration, b.N)
				b.ResetTimer()
				var clients sync.WaitGroup
				for range connections {
					clients.Go(func() {
						for i := sent.Add(1) - 1; i < int64(b.N); i = sent.Add(1) - 1 {
							start := time.Now()
							api.postPatient(transport, admin)
							took[i] = time.Since(start)
						}
					})
				}
				clients.Wait()
				slices.Sort(took)
				for name, at := range map[string]int{"p50-ms": b.N / 2, "p99-ms": b.N * 99 / 100} {
					b.ReportMetric(float64(took[at])/float64(time.Millisecond), name)
				}
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
			})
		}
	}
}

// postPatient is getPatient for a new patient.
func (a *api) postPatient(transport *http.Transport, token string) {
	req, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.url+"/api/patients/", strings.NewReader(`{"name": "Rebecca Adler"}`))
	assert.NoError(a.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := transport.RoundTrip(req)
	if !assert.NoError(a.t, err) {
		return
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	assert.Equal(a.t, http.StatusCreated, resp.StatusCode)
}
