//go:build wireinject

package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/google/wire"

	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/adapters/tokens"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

var adapters = wire.NewSet(
	openStore, wire.Bind(new(ports.Store), new(*sqlstore.Store)),
	newPasswords, wire.Bind(new(ports.Passwords), new(*passwords.Passwords)),
	newTokens, wire.Bind(new(ports.AccessTokens), new(*tokens.Tokens)),
	newClock,
)

var useCases = wire.NewSet(
	lifetimes, application.NewAuth,
	registration, application.NewUsers,
	application.NewDoctors, application.NewPatients, application.NewMappings,
)

// newHandler wires the API.
func newHandler(ctx context.Context, cfg config, log *slog.Logger) (http.Handler, func(), error) {
	panic(wire.Build(adapters, useCases, wire.Struct(new(httpapi.Services), "*"), httpapi.NewHandler))
}

// newUsers wires the use-cases on accounts for the command line.
func newUsers(ctx context.Context, cfg config, log *slog.Logger) (*application.Users, func(), error) {
	panic(wire.Build(adapters, useCases))
}
