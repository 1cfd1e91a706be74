package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"example.com/healthcare/adapters/console"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/metrics"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/adapters/tracing"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

// hashingParams is the cost of a password hash. Tests lower it.
var hashingParams = passwords.Recommended

func newPasswords(cfg config) (*passwords.Passwords, error) {
	params := hashingParams
	params.TrimForDjango = cfg.DjangoCompat
	return passwords.New(params)
}

func newKeys(cfg config) (*secretkeys.Keys, error) {
	key, err := cfg.secretKey()
	if err != nil {
		return nil, err
	}
	return secretkeys.New(key, cfg.SecretKeyFallbacks...)
}

// restoredAt is when the store was last restored from a backup, zero if it never was.
type restoredAt time.Time

func lastRestore(ctx context.Context, store *sqlstore.Store) (restoredAt, error) {
	at, err := application.LastRestore(ctx, store)
	return restoredAt(at), err
}

// neverRestored is lastRestore for commands, which accept no tokens.
func neverRestored() restoredAt { return restoredAt{} }

// newTokens refuses tokens that are older than the last restore. The store no longer knows
// which of their sessions were revoked after the backup, and gives their IDs to new sessions.
func newTokens(cfg config, keys *secretkeys.Keys, restored restoredAt) *tokens.Tokens {
	issued := tokens.New(keys, cfg.AccessTokenTTL)
	if at := time.Time(restored); !at.IsZero() {
		return issued.StartAfter(at)
	}
	return issued
}

func newCodes(keys *secretkeys.Keys) (*totp.Codes, error) {
	return totp.New(keys.For("second factor keys"))
}

func newMACs(keys *secretkeys.Keys) *secretkeys.MACs {
	return keys.For("audit trail").MACs()
}

func newRequestMACs(keys *secretkeys.Keys) ports.RequestMACs {
	return keys.For("idempotency keys").MACs()
}

func newCursors(keys *secretkeys.Keys) *secretkeys.Cursors {
	return keys.For("cursors").Cursors()
}

// followRevocations returns a set that receives the revocations of all instances. It does
// so until the cleanup function is called, because requests are served for a while after
// ctx has ended.
func followRevocations(ctx context.Context, cfg config, store *sqlstore.Store, log *slog.Logger) (*revocations.Set, func()) {
	set := revocations.New(store, cfg.AccessTokenTTL)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		if cfg.usesPostgres() {
			postgres.FollowRevocations(ctx, cfg.postgresURL().Reveal(), set, log)
		} else {
			set.Poll(ctx, log)
		}
	}()
	return set, func() {
		cancel()
		<-stopped
	}
}

// newRevocations returns a set for a command. A command authenticates no requests, so its
// set receives nothing; the services read the command's revocations from the store.
func newRevocations(cfg config, store *sqlstore.Store) *revocations.Set {
	return revocations.New(store, cfg.AccessTokenTTL)
}

func newClock() ports.Clock { return ports.SystemClock }

func sessionRules(cfg config) application.SessionRules {
	return application.SessionRules{
		Access: cfg.AccessTokenTTL, Session: cfg.RefreshTokenTTL, RefreshGrace: cfg.RefreshGrace,
		KeepRefreshTokens: cfg.DjangoCompat, AdminsNeedSecondFactor: cfg.RequireAdminMFA,
	}
}

func limits(cfg config) application.Limits {
	return application.Limits{
		LoginPair:    cfg.LimitLoginPair,
		LoginAccount: cfg.LimitLoginAccount,
		LoginNetwork: cfg.LimitLoginNetwork,
		Register:     cfg.LimitRegister,
		Refresh:      cfg.LimitRefresh,
	}
}

func preconditions(cfg config) application.PreconditionRule {
	return application.PreconditionRule(cfg.RequireIfMatch)
}

func registration(cfg config) application.RegistrationMode { return cfg.Registration }

func httpOptions(cfg config, tracer *tracing.Tracer, m *metrics.Metrics) httpapi.Options {
	options := httpapi.Options{
		Options: httpserver.Options{
			TrustedProxies: cfg.TrustedProxies, AllowedOrigins: cfg.AllowedOrigins, MaxInFlight: cfg.MaxInFlight, Tracer: tracer,
		},
		OldClients: cfg.DjangoCompat,
		NoDocs:     !bool(cfg.Docs),
	}
	if cfg.servesConsole() {
		options.Console = console.Path
	}
	if m != nil { // A nil pointer in the interface would not be nil.
		options.Observer = m
	}
	return options
}

// consolePages is the console, nil if CONSOLE is off.
type consolePages struct{ *httpserver.Transport }

func newConsole(cfg config, useCases *application.UseCases, keys *secretkeys.Keys, clock ports.Clock) consolePages {
	if !cfg.servesConsole() {
		return consolePages{}
	}
	pages := console.New(useCases, console.Options{Idle: cfg.ConsoleIdle, Seals: keys.For("console").Cursors(), Clock: clock})
	return consolePages{&pages}
}

// newHandler serves both transports behind one middleware, so that they share its limits.
func newHandler(api httpserver.Transport, pages consolePages, options httpapi.Options, log *slog.Logger) http.Handler {
	if pages.Transport != nil {
		api = api.With(strings.TrimSuffix(console.Path, "/"), *pages.Transport)
	}
	return httpserver.Wrap(api, options.Options, log)
}
