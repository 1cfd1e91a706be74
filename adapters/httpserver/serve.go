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
	// RequestTimeout is the time for handling a request. It is a few seconds shorter than
	// WriteTimeout, so that a timeout can still be answered.
	RequestTimeout = 24 * time.Second
	// ReadTimeout is the time from the beginning of a request to the end of its body.
	ReadTimeout = 15 * time.Second
	// WriteTimeout is the time from the end of a request's headers to the end of the
	// response. A streamed response has this time for each part.
	WriteTimeout = 30 * time.Second
	// IdleTimeout is the default time that a connection stays open between two requests.
	// It is longer than the usual time of proxies (75 s), so that the proxy closes the
	// connection and not the service, which could do so while a request is on its way.
	IdleTimeout = 90 * time.Second
	// shutdownTimeout is the time for requests in flight to finish when the service stops.
	shutdownTimeout = 26 * time.Second
	// handshakeGrace is the time for clients that have just connected to send a request.
	handshakeGrace = 200 * time.Millisecond
	maxHeaderBytes = 64 << 10
	// maxUnreadBytes limits the request bodies that a client can send on one HTTP/2
	// connection before the transport reads them. net/http buffers them in memory.
	maxUnreadBytes = 256 << 10
)

// NewServer returns a server with the timeouts and limits of this package. It has up to 5,000
// connections, or half as many as the process can open files: past that, it closes the one that
// has waited longest for a request. It logs the errors of connections to log.
func NewServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxReceiveBufferPerConnection: maxUnreadBytes, MaxReceiveBufferPerStream: maxUnreadBytes},
		ConnState:         newConnections(connectionLimit()).changed,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}

// ServeOptions are the options of Serve. The zero value means plain HTTP, the default
// IdleTimeout and no delay.
type ServeOptions struct {
	// Certificate is the certificate for TLS. If it is nil, Serve uses plain HTTP.
	Certificate *Certificate
	// IdleTimeout is the time that a connection stays open between two requests. 0 means
	// the constant IdleTimeout.
	IdleTimeout time.Duration
	// ShutdownDelay is the time that new connections are accepted after ctx has ended, so
	// that clients and load balancers can switch to another instance.
	ShutdownDelay time.Duration
}

// Serve serves requests on listener until ctx ends. After that Request.Stopping is true,
// and each response tells its client to close the connection. After the ShutdownDelay,
// Serve refuses new connections. It waits up to 26 seconds for the requests in flight and
// then closes the remaining connections. With a certificate it supports TLS 1.2 and 1.3,
// and HTTP/2 for clients that offer it. It returns an error if the listener fails.
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
		time.Sleep(handshakeGrace)
	}
	if err := server.Shutdown(deadline); err != nil {
		log.Warn("closed connections that were still open at shutdown", "after", shutdownTimeout)
		return server.Close()
	}
	if !service.waitUntilIdle(deadline) {
		log.Warn("request handlers still running at shutdown", "after", shutdownTimeout)
	}
	return nil
}

// service is the state that the requests of one Serve share.
type service struct {
	// stop ends when the service is told to stop.
	stop context.Context
	// working counts the running transports, including those of abandoned requests.
	working sync.WaitGroup
}

type serviceKey struct{}

// serviceOf returns the service of a request. If Serve does not run the handler, it returns
// a service that never stops.
func serviceOf(ctx context.Context) *service {
	if s, ok := ctx.Value(serviceKey{}).(*service); ok {
		return s
	}
	return &service{stop: context.Background()}
}

func (s *service) stopping() bool { return s.stop.Err() != nil }

// waitUntilIdle waits until no transport is running. It returns false if ctx ends first.
func (s *service) waitUntilIdle(ctx context.Context) bool {
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
