//go:build wireinject

package main

import (
	"context"
	"log/slog"

	"github.com/google/wire"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

// useCases provides the use-cases with the store that the settings name. It needs a clock.
var useCases = wire.NewSet(
	openStore, wire.Bind(new(ports.Store), new(*sqlstore.Store)),
	newPasswords, wire.Bind(new(ports.Passwords), new(*passwords.Passwords)),
	newKeys,
	newTokens, wire.Bind(new(ports.AccessTokens), new(*tokens.Tokens)),
	newCodes, wire.Bind(new(ports.OneTimeCodes), new(*totp.Codes)),
	newMACs, wire.Bind(new(ports.MACs), new(*secretkeys.MACs)),
	newRequestMACs,
	newCursors, wire.Bind(new(ports.Cursors), new(*secretkeys.Cursors)),
	wire.Struct(new(application.Ports), "*"),
	sessionRules, limits, registration, preconditions, wire.Struct(new(application.Rules), "*"),
	application.New,
)

// newAPI builds the HTTP API for serve.
func newAPI(ctx context.Context, cfg config, access access, log *slog.Logger) (api, func(), error) {
	panic(wire.Build(useCases, newClock, lastRestore, followRevocations, wire.Bind(new(ports.Revocations), new(*revocations.Set)),
		newTracer, newMetrics, httpOptions, httpapi.NewTransport, newConsole, newHandler, wire.Struct(new(api), "*")))
}

// newUseCases builds the use-cases for the other commands.
func newUseCases(ctx context.Context, cfg config, access access, log *slog.Logger) (*application.UseCases, func(), error) {
	panic(wire.Build(useCases, newClock, neverRestored, newRevocations, wire.Bind(new(ports.Revocations), new(*revocations.Set))))
}

// newUseCasesAt builds the use-cases for demo, which sets the time.
func newUseCasesAt(ctx context.Context, cfg config, access access, clock ports.Clock, log *slog.Logger) (*application.UseCases, func(), error) {
	panic(wire.Build(useCases, neverRestored, newRevocations, wire.Bind(new(ports.Revocations), new(*revocations.Set))))
}
