package httpapi_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/domain"
)

// An anonymous caller and a user begin a body and never finish it.
func TestASlowBodyTimesOut(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			clinic := clinictest.New(t)
			server := httptest.NewUnstartedServer(httpapi.NewHandler(clinic.UseCases, clinic.Ports.Store, httpapi.Options{}, slog.New(slog.DiscardHandler)))
			server.Config.ReadTimeout = 200 * time.Millisecond
			if protocol == "HTTP/2.0" {
				server.EnableHTTP2 = true
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			clinic.SignUp("staff@example.com", domain.Staff)
			granted, err := clinic.Sessions.Login(t.Context(), domain.Actor{}, domain.Credentials{
				Username: domain.Given("staff@example.com"), Password: domain.Given(clinictest.Password),
			})
			require.NoError(t, err)
			for path, token := range map[string]string{"/api/auth/login/": "", "/api/patients/": granted.Access.Reveal()} {
				body, rest := io.Pipe()
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, body)
				require.NoError(t, err)
				req.Header.Set("Content-Type", "application/json")
				if token != "" {
					req.Header.Set("Authorization", "Bearer "+token)
				}
				go func() { _, _ = io.WriteString(rest, `{"name":`) }()
				resp, err := server.Client().Do(req)
				require.NoError(t, err)
				text, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				_ = resp.Body.Close()
				_ = rest.Close()
				assert.Equal(t, protocol, resp.Proto)
				assert.Equal(t, http.StatusRequestTimeout, resp.StatusCode, "%s", text)
				assert.Contains(t, string(text), `"code":"request_timeout"`)
				if protocol == "HTTP/1.1" {
					assert.True(t, resp.Close, "the rest of the body must not be read as a request")
				}
			}
		})
	}
}
