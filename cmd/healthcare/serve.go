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
	"example.com/healthcare/adapters/metrics"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
)

type serveCommand struct {
	Addr    string `help:"Listen on this address instead of HTTP_ADDR." placeholder:"HOST:PORT"`
	Migrate bool   `help:"Update the PostgreSQL schema first. The embedded store is always updated."`
}

// api holds the objects that serve uses. Wire builds them.
type api struct {
	handler  http.Handler
	useCases *application.UseCases
	store    *sqlstore.Store
	metrics  *metrics.Metrics
}

// endpoints are where serve accepts connections.
type endpoints struct {
	api net.Listener
	// certificate is nil without TLS.
	certificate *httpserver.Certificate
	// metrics is nil unless METRICS_ADDR is set.
	metrics net.Listener
}

func (e endpoints) close() {
	_ = e.api.Close()
	if e.metrics != nil {
		_ = e.metrics.Close()
	}
}

// Run serves requests until ctx ends and the requests in flight are finished.
//
// It makes the checks that can fail before it changes the store, because other instances
// can be using the store.
func (s serveCommand) Run(ctx context.Context, p process) error {
	// If the reader of the log exits, a write to the log fails instead of killing the process.
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
	on := endpoints{certificate: certificate}
	if on.api, err = listen(ctx, "HTTP_ADDR or --addr", cfg.HTTPAddr); err != nil {
		return err
	}
	defer func() { on.close() }()
	if on.metrics, err = cfg.listenForMetrics(ctx, log); err != nil {
		return err
	}
	if cfg, err = cfg.resolveSecretKey(ctx, log); err != nil {
		return err
	}
	if err := s.prepareStore(ctx, cfg, log); err != nil {
		return err
	}
	tuneMemory(p.environment, log)
	if cfg.servesConsole() && !isLoopback(cfg.HTTPAddr) && certificate == nil && len(cfg.TrustedProxies) == 0 {
		log.Warn("the console is served without TLS, so others on the network can read passwords and records: set TLS_CERT_FILE, or TRUSTED_PROXIES if a proxy in front has TLS")
	}
	return cfg.serve(ctx, on, log, func(useCases *application.UseCases) {
		cfg.announce(ctx, p, useCases.Users, fmt.Sprintf("%s://%s", scheme, on.api.Addr()), log)
	})
}

// serve serves the store that the settings name until ctx ends and the requests in flight
// are finished. It calls announce just before it accepts connections.
func (c config) serve(ctx context.Context, on endpoints, log *slog.Logger, announce func(*application.UseCases)) error {
	api, cleanup, err := newAPI(ctx, c, accessServe, log)
	if err != nil {
		return err
	}
	defer cleanup()
	if err := c.requireOwnTrail(ctx, api.useCases.Trail); err != nil {
		return err
	}
	if c.hasUnusedSecretKeyFile() {
		log.Warn("the key in DATA_DIR/secret_key is not in use: start once with it in SECRET_KEY_FALLBACKS, then remove the file")
	}
	if len(c.SecretKeyFallbacks) > 0 {
		// Second factors that a fallback encrypted are encrypted with the current key, so that the
		// fallback can be removed from the settings.
		resealed, err := api.useCases.SecondFactor.Reseal(ctx, operator)
		if err := cmp.Or(err, resealed.Failed); err != nil {
			log.Error("cannot encrypt all second factors with the current SECRET_KEY", "changed", resealed.Keys, "error", err)
		} else {
			log.Info("all second factors are encrypted with the current SECRET_KEY", "changed", resealed.Keys)
		}
	}
	stopSealing := startSealing(ctx, api.useCases, log)
	defer stopSealing()
	stopFolding := startFolding(ctx, api.store, log)
	defer stopFolding()
	stopMetrics := c.startMetrics(api.metrics, on, log)
	defer stopMetrics()
	announce(api.useCases)
	options := httpserver.ServeOptions{Certificate: on.certificate, IdleTimeout: c.IdleTimeout, ShutdownDelay: c.ShutdownDelay}
	err = httpserver.Serve(ctx, on.api, api.handler, options, log)
	log.Info("stopped")
	return err
}

// prepareStore checks the trail before anything is migrated, and with --migrate updates the
// schema. Opening the embedded store updates its schema in any case.
func (s serveCommand) prepareStore(ctx context.Context, cfg config, log *slog.Logger) error {
	if cfg.usesPostgres() && !s.Migrate {
		return nil
	}
	if err := cfg.checkSealedTrail(ctx, log); err != nil || !s.Migrate {
		return err
	}
	if _, err := migrateStore(ctx, cfg, log); err != nil {
		return cfg.explain(err)
	}
	return nil
}

// checkSealedTrail returns an error if the trail was sealed with another key. It works on a
// schema that is behind, and creates and migrates nothing.
func (c config) checkSealedTrail(ctx context.Context, log *slog.Logger) error {
	if !c.usesPostgres() && !c.hasEmbeddedStore() {
		return nil
	}
	useCases, cleanup, err := newUseCases(ctx, c, accessCheckSeal, log)
	switch {
	case errors.Is(err, sqlstore.ErrSchemaBehind): // The schema is older than seals.
		return nil
	case err != nil:
		return err
	}
	defer cleanup()
	return c.explain(c.requireOwnTrail(ctx, useCases.Trail))
}

// listen listens on IPv4 only if addr is an IPv4 address: the net package would listen on
// all IPv6 addresses, too, for 0.0.0.0. An empty host and [::] stand for all addresses of
// both. setting is where addr comes from.
func listen(ctx context.Context, setting, addr string) (net.Listener, error) {
	network := "tcp"
	if given, err := netip.ParseAddrPort(addr); err == nil && given.Addr().Unmap().Is4() {
		network = "tcp4"
	}
	var config net.ListenConfig
	config.SetMultipathTCP(false) // Linux cannot filter new Multipath TCP connections, as httpserver.Serve does when it stops.
	listener, err := config.Listen(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: set %s to another address: %w", addr, setting, err)
	}
	return listener, nil
}
