package httpserver

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	// RequestTimeout is how long the work on a request can take. It leaves a few
	// seconds of WriteTimeout to answer in.
	RequestTimeout = 24 * time.Second
	// ReadTimeout is from the beginning of a request to the end of its body.
	ReadTimeout = 15 * time.Second
	// WriteTimeout is from the end of a request's headers to the end of the answer,
	// or of a part of it where the answer is sent in parts.
	WriteTimeout = 30 * time.Second
	// IdleTimeout is how long a connection stays open between two requests, unless
	// ServeOptions say otherwise. It is longer than proxies usually keep one (75 s):
	// whoever closes first must be the one that sends the next request.
	IdleTimeout = 90 * time.Second
	// shutdownTimeout is how long requests in flight can take to finish.
	shutdownTimeout = 26 * time.Second
	// settleTime is how long those that have just connected have to send a request.
	settleTime     = 200 * time.Millisecond
	maxHeaderBytes = 64 << 10
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
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxReceiveBufferPerConnection: maxUnreadBytes, MaxReceiveBufferPerStream: maxUnreadBytes},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// ServeOptions say how Serve listens and stops. The zero value is plain HTTP, the usual
// IdleTimeout, and no delay.
type ServeOptions struct {
	// Certificate is for TLS; nil is plain HTTP.
	Certificate *Certificate
	// IdleTimeout is how long a connection stays open between two requests; 0 is the
	// usual one.
	IdleTimeout time.Duration
	// ShutdownDelay is how long new connections are still accepted after ctx has
	// ended, so that clients and load balancers have time to go elsewhere.
	ShutdownDelay time.Duration
}

// Serve answers requests on listener until ctx ends. From then on Request.Stopping
// is true, and each answer asks its client to use another connection. After the
// delay it refuses new connections, lets the requests in flight finish for up to 26
// seconds, and drops the rest: clients that do not read their answers. It speaks TLS
// 1.2 and 1.3, with HTTP/2 for clients that offer it, or plain HTTP without a
// certificate. The error is the listener's.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, options ServeOptions, log *slog.Logger) error {
	server := NewServer(handler, log)
	server.IdleTimeout = cmp.Or(options.IdleTimeout, server.IdleTimeout)
	service := &service{stop: ctx}
	server.BaseContext = func(net.Listener) context.Context {
		return context.WithValue(context.WithoutCancel(ctx), serviceKey{}, service)
	}
	serve := server.Serve
	if options.Certificate != nil {
		server.TLSConfig = options.Certificate.config()
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	stopped := make(chan error, 1)
	go func() { stopped <- serve(listener) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
	}
	log.Info("stopping", "delay", options.ShutdownDelay)
	select {
	case err := <-stopped:
		return err
	case <-time.After(options.ShutdownDelay):
	}
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if options.ShutdownDelay > 0 && ignoreNewConnections(listener) {
		time.Sleep(settleTime)
	}
	if err := server.Shutdown(deadline); err != nil {
		log.Warn("dropped connections that were still open", "after", shutdownTimeout)
		return server.Close()
	}
	if !service.idle(deadline) {
		log.Warn("dropped requests that were answered and still at work", "after", shutdownTimeout)
	}
	return nil
}

// service is what the requests of one Serve share.
type service struct {
	// stop ends when the service is asked to stop.
	stop context.Context
	// working counts the transports at work, including those whose request has been
	// answered without them.
	working sync.WaitGroup
}

type serviceKey struct{}

// serviceOf returns the service of a request, which is one that never stops where
// Serve does not run it.
func serviceOf(ctx context.Context) *service {
	if s, ok := ctx.Value(serviceKey{}).(*service); ok {
		return s
	}
	return &service{stop: context.Background()}
}

func (s *service) stopping() bool { return s.stop.Err() != nil }

// idle waits until no transport is at work, and reports false if ctx ends first.
func (s *service) idle(ctx context.Context) bool {
	idle := make(chan struct{})
	go func() {
		s.working.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return true
	case <-ctx.Done():
		return false
	}
}
