package metrics_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpserver"
)

// BenchmarkRequestEnded is what the metrics add to a request.
func BenchmarkRequestEnded(b *testing.B) {
	seen := newService(b, true).seen
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			seen.RequestBegan()
			seen.RequestEnded(httpserver.EndedRequest{Route: "/api/patients/:id/", Method: "GET", Status: 200, Took: time.Millisecond})
		}
	})
}

// BenchmarkGetPatient answers the most frequent request without a network.
func BenchmarkGetPatient(b *testing.B) {
	for name, observed := range map[string]bool{"without metrics": false, "with metrics": true} {
		b.Run(name, func(b *testing.B) {
			s := newService(b, observed)
			account := `{"username": "sam@example.com", "password": "orbit-walnut-73-lagoon"}`
			s.post(http.StatusCreated, "/api/auth/register/", "", `{"email": "sam@example.com", "password": "orbit-walnut-73-lagoon"}`)
			var tokens struct{ Access string }
			require.NoError(b, json.Unmarshal([]byte(s.post(http.StatusOK, "/api/auth/login/", "", account)), &tokens))
			s.post(http.StatusCreated, "/api/patients/", tokens.Access, `{"name": "Ada"}`)
			b.SetParallelism(16)
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					request := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/api/patients/1/", nil)
					request.Header.Set("Authorization", "Bearer "+tokens.Access)
					recorder := httptest.NewRecorder()
					if s.api.ServeHTTP(recorder, request); recorder.Code != http.StatusOK {
						b.Error(recorder.Body)
					}
				}
			})
		})
	}
}

func (s *service) post(status int, path, token, body string) string {
	s.t.Helper()
	request := httptest.NewRequestWithContext(s.t.Context(), http.MethodPost, path, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	recorder := httptest.NewRecorder()
	s.api.ServeHTTP(recorder, request)
	require.Equal(s.t, status, recorder.Code, recorder.Body)
	return recorder.Body.String()
}
