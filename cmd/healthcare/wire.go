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

var adapters = wire.NewSet(
	trailAdapters,
	newPasswords, wire.Bind(new(ports.Passwords), new(*passwords.Passwords)),
	newTokens, wire.Bind(new(ports.AccessTokens), new(*tokens.Tokens)),
	newCodes, wire.Bind(new(ports.OneTimeCodes), new(*totp.Codes)),
)

var useCases = wire.NewSet(
	openTrail, application.NewAudit, application.NewSealer,
	limits, application.NewLimiter, application.NewGuard,
	sessionRules, application.NewAuthenticator, application.NewSessions, application.NewSecondFactor,
	registration, application.NewAccount, application.NewUsers,
	application.NewDoctors, application.NewPatients, application.NewMappings, application.NewRetention,
)

// newAPI wires the API.
func newAPI(ctx context.Context, cfg config, log *slog.Logger) (api, func(), error) {
	panic(wire.Build(adapters, followRevocations, wire.Bind(new(ports.Revocations), new(*revocations.Set)), useCases,
		httpOptions, wire.Struct(new(httpapi.Services), "*"), httpapi.NewHandler, wire.Struct(new(api), "*")))
}

// newUsers wires the use-cases on accounts for the command line.
func newUsers(ctx context.Context, cfg config, log *slog.Logger) (*application.Users, func(), error) {
	panic(wire.Build(adapters, noRevocations, wire.Bind(new(ports.Revocations), new(*revocations.Set)), useCases))
}

// newRetention wires the use-cases on what was deleted long ago for the command line.
func newRetention(ctx context.Context, cfg config, log *slog.Logger) (*application.Retention, func(), error) {
	panic(wire.Build(adapters, useCases))
}

var trailAdapters = wire.NewSet(
	openStore, wire.Bind(new(ports.Store), new(*sqlstore.Store)),
	newKeys,
	newMACs, wire.Bind(new(ports.MACs), new(*secretkeys.MACs)),
	newClock,
)

// newVerifier wires what examines the trail.
func newVerifier(ctx context.Context, cfg config, log *slog.Logger) (*application.Verifier, func(), error) {
	panic(wire.Build(trailAdapters, application.NewVerifier))
}

// newForeignAudit wires the use-cases on a trail that was sealed with another key.
func newForeignAudit(ctx context.Context, cfg config, log *slog.Logger) (*application.Audit, func(), error) {
	panic(wire.Build(trailAdapters, application.NewTrail, application.NewAudit))
}
