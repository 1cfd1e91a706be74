package httpserver

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPreflightsDoNotReachTheTransport uses a transport that handles every method. The tests
// of package httpapi check the headers.
func TestPreflightsDoNotReachTheTransport(t *testing.T) {
	reached := false
	transport := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true })
	service := Wrap(Transport{Handler: transport}, Options{AllowedOrigins: []string{"https://app.example.com"}}, slog.New(slog.DiscardHandler))
	for origin, want := range map[string]bool{"https://app.example.com": false, "https://evil.example": true} {
		reached = false
		req := httptest.NewRequest(http.MethodOptions, "/", nil)
		req.Header.Set("Origin", origin)
		req.Header.Set("Access-Control-Request-Method", "DELETE")
		recorder := httptest.NewRecorder()
		service.ServeHTTP(recorder, req)
		assert.Equal(t, want, reached, origin)
		assert.Equal(t, want, recorder.Header().Get("Access-Control-Allow-Methods") == "", origin)
	}
}

func TestParseOriginAcceptsWebOriginsOnly(t *testing.T) {
	for text, want := range map[string]string{
		"https://app.example.com": "https://app.example.com", "HTTPS://App.Example.COM": "https://app.example.com", "http://localhost:3000": "http://localhost:3000",
		"https://app.example.com:443": "https://app.example.com", "http://a:80": "http://a", "https://a:80": "https://a:80", "http://a:0443": "http://a:443",
		"capacitor://localhost": "capacitor://localhost", "Tauri://localhost": "tauri://localhost", "ionic://localhost": "ionic://localhost", "capacitor://localhost:8100": "capacitor://localhost:8100",
		"http://127.0.0.1:1": "http://127.0.0.1:1", "http://[::1]:3000": "http://[::1]:3000", "https://[2001:DB8:0::1]": "https://[2001:db8::1]", "https://xn--bcher-kva.example": "https://xn--bcher-kva.example",
	} {
		got, err := ParseOrigin(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
	}
	for _, text := range []string{
		"", "*", "null", "app.example.com", "//app.example.com", "https://", "https://*", "https://*.example.com", "https://?.example.com", "ftp://app.example.com", "file://", "javascript://a", "htps://a", "capacitor://", "capacitor://*", "capacitor://localhost/", "tauri://a:0",
		"https://app.example.com/", "https://app.example.com/x", "https://app.example.com?x", "https://app.example.com#x", "https://user@app.example.com", "https://u:p@app.example.com", "https://a b",
		"https://a:", "https://a:0", "https://a:65536", "https://a:-1", "https://a:x", "https://[::1", "https://[]", "https://[zz]", "https://[::1%eth0]", "https://::1", "https://a..b", "https://.", "https://bücher.example",
		"https://\u212aay.example", " https://a", "https://a\n", "https://a,https://b", "https://a%2eb",
	} {
		_, err := ParseOrigin(text)
		assert.Equal(t, errOrigin, err, text)
	}
}
