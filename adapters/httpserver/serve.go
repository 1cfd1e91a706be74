package httpserver

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// RequestTimeout is how long the work on a request can take. It leaves a few
	// seconds of WriteTimeout to answer in.
	RequestTimeout = 25 * time.Second
	// WriteTimeout is from the end of a request's headers to the end of the answer,
	// or of a part of it where the answer is sent in parts.
	WriteTimeout = 30 * time.Second
	// shutdownTimeout is how long requests in flight can take to finish.
	shutdownTimeout = 28 * time.Second
	maxHeaderBytes  = 64 << 10
	// maxUnreadBytes is what a client can send of its bodies over HTTP/2, on one
	// connection, before the transport reads them. They are in memory, unlike what
	// HTTP/1.1 leaves to the kernel.
	maxUnreadBytes = 256 << 10
)

// NewServer returns a server for handler that keeps no connection longer than its
// timeouts allow. What net/http says of connections is logged to log.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxReceiveBufferPerConnection: maxUnreadBytes, MaxReceiveBufferPerStream: maxUnreadBytes},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// Serve answers requests on listener until ctx ends. Then it lets those in flight
// finish for up to 28 seconds, and drops the rest: clients that do not read their
// answers. It speaks TLS 1.2 and 1.3, with HTTP/2 for clients that offer it, or
// plain HTTP if certificate is nil. The error is the listener's.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, certificate *Certificate, log *slog.Logger) error {
	server := NewServer(handler, log)
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
