package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/domain"
)

// usesPostgres reports whether the settings name a PostgreSQL database. Otherwise the
// embedded store is used.
func (c config) usesPostgres() bool { return !c.DatabaseURL.IsZero() || c.hasDBVariables() }

// hasDBVariables reports whether any of the old backend's DB_ variables is set.
func (c config) hasDBVariables() bool {
	return c.DBName != "" || c.DBUser != "" || !c.DBPassword.IsZero() || c.DBHost != "" || c.DBPort != "" || c.DBSSLMode != ""
}

// sslModes are the modes that lib/pq supports.
const sslModes = "disable, allow, prefer, require, verify-ca, verify-full"

// isSSLMode accepts an empty mode, which stands for the default.
func isSSLMode(mode string) bool {
	return mode == "" || slices.Contains(strings.Split(sslModes, ", "), mode)
}

func (c config) checkPostgres(bad badSettings) {
	switch {
	case !c.DatabaseURL.IsZero():
		bad.require(!c.hasDBVariables(), "DATABASE_URL", "left out when a DB_ variable is set; use one or the other")
		target, err := postgres.ParseURL(c.DatabaseURL.Reveal())
		bad.require(err == nil, "DATABASE_URL", "of the form postgres://user:password@host:port/name, with special characters %-encoded, and with commas between several host:port; for a socket, postgres://user@/name?host=/its/folder")
		if err == nil {
			bad.require(isSSLMode(target.Query().Get("sslmode")), "DATABASE_URL", "with an sslmode of "+sslModes)
		}
	case c.hasDBVariables():
		bad.require(c.DBName != "", "DB_NAME", "set along with the other DB_ variables")
		bad.require(c.DBPassword.IsZero() || c.DBUser != "", "DB_USER", "set along with DB_PASSWORD")
		bad.require(c.DBPort == "" || isPort(c.DBPort) && c.DBPort != "0", "DB_PORT", "a port number")
		bad.require(isSSLMode(c.DBSSLMode), "DB_SSLMODE", "one of "+sslModes)
	default:
		return
	}
	bad.require(isSSLMode(c.PGSSLMode), "PGSSLMODE", "one of "+sslModes)
}

// postgresURL returns the URL of the PostgreSQL database. It always has an sslmode, from
// the settings or else the default for the host.
func (c config) postgresURL() domain.Secret { return domain.NewSecret(c.parsedPostgresURL().String()) }

func (c config) parsedPostgresURL() *url.URL {
	target := c.dbVariablesURL()
	if !c.DatabaseURL.IsZero() {
		target, _ = postgres.ParseURL(c.DatabaseURL.Reveal()) // checkPostgres has seen it succeed.
	}
	return c.withSSLMode(target)
}

// withSSLMode adds the default sslmode if the URL has none.
func (c config) withSSLMode(target *url.URL) *url.URL {
	query := target.Query()
	if !query.Has("sslmode") {
		query.Set("sslmode", cmp.Or(c.PGSSLMode, postgres.SSLMode(target.String())))
	}
	target.RawQuery = query.Encode()
	return target
}

// oldDatabaseURL returns the URL of the old backend's database: from, or DJANGO_DATABASE_URL if
// from is zero.
func (c config) oldDatabaseURL(from domain.Secret) (domain.Secret, error) {
	name := "--from"
	if from.IsZero() {
		name, from = "DJANGO_DATABASE_URL", c.DjangoDatabaseURL
	}
	if from.IsZero() {
		return from, errors.New("name the old backend's database: set DJANGO_DATABASE_URL, or give --from")
	}
	target, err := postgres.ParseURL(from.Reveal())
	if err != nil {
		return from, fmt.Errorf("%s must be of the form postgres://user:password@host:port/name, with special characters %%-encoded", name)
	}
	return domain.NewSecret(c.withSSLMode(target).String()), nil
}

func (c config) dbVariablesURL() *url.URL {
	host, port, query := cmp.Or(c.DBHost, "localhost"), cmp.Or(c.DBPort, "5432"), url.Values{}
	if c.DBSSLMode != "" {
		query.Set("sslmode", c.DBSSLMode)
	}
	target := &url.URL{Scheme: "postgres", Path: "/" + c.DBName}
	if strings.HasPrefix(host, "/") { // the directory of a Unix socket
		query.Set("host", host)
		query.Set("port", port)
	} else {
		target.Host = net.JoinHostPort(host, port)
	}
	if c.DBUser != "" {
		target.User = url.UserPassword(c.DBUser, c.DBPassword.Reveal())
	}
	target.RawQuery = query.Encode()
	return target
}
