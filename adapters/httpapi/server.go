package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

const (
	// requestTimeout leaves a few seconds of writeTimeout to answer in.
	requestTimeout = 25 * time.Second
	// writeTimeout is from the end of a request's headers to that of the answer,
	// or of a part of it where it is sent in parts.
	writeTimeout = 30 * time.Second
	// shutdownTimeout is how long requests in flight may take to finish.
	shutdownTimeout = 28 * time.Second
	// readyTimeout is less than what health checks usually wait.
	readyTimeout   = 2 * time.Second
	maxHeaderBytes = 64 << 10
)

// Options says whom the service believes besides its callers' tokens. The zero
// value is nobody.
type Options struct {
	// TrustedProxies are the networks of the proxies before the service, as
	// ParseProxy reads them. What they say of the client's address
	// (X-Forwarded-For) and of TLS (X-Forwarded-Proto) counts, and what anyone
	// else says does not.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the web origins, as ParseOrigin reads them, whose scripts
	// may call the API from a browser.
	AllowedOrigins []string
}

// NewHandler returns the API over the use-cases. Requests are logged to log.
func NewHandler(useCases *application.UseCases, store ports.Store, options Options, log *slog.Logger) http.Handler {
	e := newEcho(options, log)
	register(e, useCases.Authenticator, routes(useCases, store.Ready))
	return e
}

func newEcho(options Options, log *slog.Logger) *echo.Echo {
	proxies := trustedProxies(options.TrustedProxies)
	e := echo.New()
	e.Logger.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelError).Writer())
	e.JSONSerializer = jsonSerializer{}
	e.HTTPErrorHandler = sendProblem
	e.IPExtractor = func(r *http.Request) string { return proxies.client(r).String() }
	e.Use(identifyRequest, secureHeaders(proxies), logRequests(log), recoverPanics, limitTime)
	if len(options.AllowedOrigins) > 0 {
		e.Use(allowOrigins(options.AllowedOrigins))
	}
	return e
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Serve answers requests on listener until ctx ends, then lets those in flight
// finish for up to 28 seconds, and drops what is left: clients that do not read
// their answers. It speaks TLS 1.2 and 1.3, with HTTP/2 for those who know it,
// or plain HTTP if certificate is nil. The error is the listener's.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, certificate *Certificate, log *slog.Logger) error {
	server := newServer(handler, log)
	serve := server.Serve
	if certificate != nil {
		server.TLSConfig = certificate.config()
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	stopped := make(chan error, 1)
	go func() { stopped <- serve(listener) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(deadline); err != nil {
		log.Warn("dropped connections that were still open", "after", shutdownTimeout)
		return server.Close()
	}
	return nil
}

// jsonSerializer writes answers. Requests are read by readBody.
type jsonSerializer struct{}

func (jsonSerializer) Serialize(c echo.Context, answer any, _ string) error {
	return json.MarshalWrite(c.Response(), answer)
}

func (jsonSerializer) Deserialize(echo.Context, any) error {
	return errors.New("bodies are read by readBody")
}
