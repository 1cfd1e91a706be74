package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os/signal"
	"syscall"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
)

type serveCommand struct {
	Addr    string `help:"Listen here instead of HTTP_ADDR." placeholder:"HOST:PORT"`
	Migrate bool   `help:"Bring the schema up to date first. The embedded store does so by itself."`
}

// api is what serve needs of all that is wired.
type api struct {
	handler  http.Handler
	useCases *application.UseCases
}

// Run serves until ctx ends, and then as long as httpserver.Serve lets requests in
// flight finish.
//
// All that can keep it from serving is found out before anything is changed: what it
// changes can be what another instance goes on with.
func (s serveCommand) Run(ctx context.Context, p process) error {
	// The service goes on without a log when nobody reads it any more: writing to it
	// fails, and does not end the process.
	signal.Ignore(syscall.SIGPIPE)
	if s.Addr != "" {
		p.environment = append(p.environment, "HTTP_ADDR="+s.Addr)
	}
	cfg, err := loadServingConfig(p)
	if err != nil {
		return err
	}
	log := cfg.logger(p.err)
	certificate, scheme, err := cfg.certificate(log)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, cfg.HTTPAddr)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	if cfg, err = cfg.withSecretKey(ctx, log); err != nil {
		return err
	}
	if err := s.prepareStore(ctx, cfg, log); err != nil {
		return err
	}
	api, cleanup, err := newAPI(ctx, cfg, serving, log)
	if err != nil {
		return err
	}
	defer cleanup()
	if err := cfg.requireOwnTrail(ctx, api.useCases.Trail); err != nil {
		return err
	}
	if cfg.forgetsKey() {
		log.Warn("DATA_DIR/secret_key holds a key that is not in use: start once with it in SECRET_KEY_FALLBACKS, then remove the file")
	}
	if len(cfg.SecretKeyFallbacks) > 0 {
		// So that a fallback can be removed without taking anybody's second factor along.
		resealed, err := api.useCases.SecondFactor.Reseal(ctx, operator)
		if err := cmp.Or(err, resealed.Failed); err != nil {
			log.Error("some second factors are not sealed with the current SECRET_KEY", "changed", resealed.Keys, "error", err)
		} else {
			log.Info("all second factors are sealed with the current SECRET_KEY", "changed", resealed.Keys)
		}
	}
	stopSealing := keepSealing(ctx, api.useCases, log)
	defer stopSealing()
	cfg.announce(ctx, p, api.useCases.Users, fmt.Sprintf("%s://%s", scheme, listener.Addr()), log)
	options := httpserver.ServeOptions{Certificate: certificate, IdleTimeout: cfg.IdleTimeout, ShutdownDelay: cfg.ShutdownDelay}
	err = httpserver.Serve(ctx, listener, api.handler, options, log)
	log.Info("stopped")
	return err
}

// prepareStore migrates PostgreSQL if it is told to. The embedded store migrates when it
// is opened. Either way, the trail must be one that the service can go on with.
func (s serveCommand) prepareStore(ctx context.Context, cfg config, log *slog.Logger) error {
	if cfg.usesPostgres() && !s.Migrate {
		return nil
	}
	if err := cfg.lookBack(ctx, log); err != nil || !s.Migrate {
		return err
	}
	if _, err := migrateStore(ctx, cfg); err != nil {
		return cfg.explain(err)
	}
	return nil
}

// lookBack refuses a trail that was sealed with another key, before anything is made or
// migrated. It makes nothing itself.
func (c config) lookBack(ctx context.Context, log *slog.Logger) error {
	if !c.usesPostgres() && !c.hasEmbeddedStore() {
		return nil
	}
	useCases, cleanup, err := newUseCases(ctx, c, lookingBack, log)
	switch {
	case errors.Is(err, sqlstore.ErrSchemaBehind): // There are no seals yet.
		return nil
	case err != nil:
		return err
	}
	defer cleanup()
	return c.explain(c.requireOwnTrail(ctx, useCases.Trail))
}

// listen listens on an address of IPv4 for IPv4 only: for the net package, 0.0.0.0 is
// every address of IPv6, too. An empty host and [::] are all addresses of both.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	network := "tcp"
	if given, err := netip.ParseAddrPort(addr); err == nil && given.Addr().Unmap().Is4() {
		network = "tcp4"
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // Linux lets nobody filter new connections of Multipath TCP, as httpserver.Serve does when it stops.
	listener, err := config.Listen(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: set HTTP_ADDR or --addr to another address: %w", addr, err)
	}
	return listener, nil
}
