package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/labstack/echo/v4"

	"example.com/healthcare/ports"
)

const (
	// requestTimeout leaves a few seconds of the write timeout to answer in.
	requestTimeout = 25 * time.Second
	// shutdownTimeout is how long requests in flight may take to finish.
	shutdownTimeout = 28 * time.Second
	// readyTimeout is less than what health checks usually wait.
	readyTimeout   = 2 * time.Second
	maxHeaderBytes = 64 << 10
)

// NewHandler returns the API over the use-cases. Requests are logged to log.
func NewHandler(services Services, store ports.Store, log *slog.Logger) http.Handler {
	e := newEcho(log)
	register(e, services.Auth, routes(services, store.Ready))
	return e
}

func newEcho(log *slog.Logger) *echo.Echo {
	e := echo.New()
	e.Logger.SetOutput(slog.NewLogLogger(log.Handler(), slog.LevelError).Writer())
	e.JSONSerializer = jsonSerializer{}
	e.HTTPErrorHandler = sendProblem
	// Nobody in between is trusted to say where a request comes from.
	e.IPExtractor = echo.ExtractIPDirect()
	e.Use(identifyRequest, secureHeaders, logRequests(log), recoverPanics, limitTime)
	return e
}

func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Serve answers requests on listener until ctx ends, then lets those in flight
// finish for up to 28 seconds, and drops what is left: clients that do not read
// their answers. The error is the listener's.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger) error {
	server := newServer(handler, log)
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
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
