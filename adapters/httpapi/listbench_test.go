package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// BenchmarkListPatients lists a hundred patients over HTTP, from 16 connections for each CPU,
// on each store. Most of the time is spent on the audit event.
func BenchmarkListPatients(b *testing.B) {
	for name, open := range stores {
		b.Run(name, func(b *testing.B) {
			api := newAPI(b, open(b))
			admin := api.signUp("admin@example.com", domain.Admin)
			for n := range domain.DefaultPageLimit {
				_, err := api.Patients.Create(b.Context(), api.Admin(), application.Once{}, domain.PatientInput{Name: domain.Given(fmt.Sprint("Patient ", n))})
				require.NoError(b, err)
			}
			transport := &http.Transport{MaxIdleConnsPerHost: 256}
			b.Cleanup(transport.CloseIdleConnections)
			b.SetParallelism(16)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, api.url+"/api/patients/", nil)
					assert.NoError(b, err)
					req.Header.Set("Authorization", "Bearer "+admin)
					resp, err := transport.RoundTrip(req)
					if !assert.NoError(b, err) {
						return
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					assert.Equal(b, http.StatusOK, resp.StatusCode)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
