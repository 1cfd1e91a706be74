package httpapi_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// BenchmarkGetPatient is the most frequent request, over HTTP, from 16
// connections for each CPU, on every store.
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
					req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, api.url+"/api/patients/1/", nil)
					require.NoError(b, err)
					req.Header.Set("Authorization", "Bearer "+admin)
					resp, err := transport.RoundTrip(req)
					require.NoError(b, err)
					_, _ = io.Copy(io.Discard, resp.Body)
					_ = resp.Body.Close()
					require.Equal(b, http.StatusOK, resp.StatusCode)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
