package main

import (
	"cmp"
	"net"
	"net/url"
	"slices"
	"strings"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/domain"
)

// usesPostgres says where the data is: in PostgreSQL, or in the embedded store
// when no variable speaks of a database.
func (c config) usesPostgres() bool { return !c.DatabaseURL.IsZero() || c.splitDatabase() }

// splitDatabase says whether any of the old backend's variables is set.
func (c config) splitDatabase() bool {
	return c.DBName != "" || c.DBUser != "" || !c.DBPassword.IsZero() || c.DBHost != "" || c.DBPort != "" || c.DBSSLMode != ""
}

// sslModes are those of lib/pq.
var sslModes = []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}

func (c config) checkPostgres(bad badSettings) {
	if c.usesPostgres() && c.PGSSLMode != "" && !slices.Contains(sslModes, c.PGSSLMode) {
		bad.add("PGSSLMODE", "one of "+strings.Join(sslModes, ", "))
	}
	if !c.DatabaseURL.IsZero() {
		if c.splitDatabase() {
			bad.add("DATABASE_URL", "left out when the DB_ variables are set, or they when it is")
		}
		target, err := postgres.ParseURL(c.DatabaseURL.Reveal())
		if err != nil {
			bad.add("DATABASE_URL", "of the form postgres://user:password@host:port/name, with special characters %-encoded, and with commas between several host:port; for a socket, postgres://user@/name?host=/its/folder")
		} else if mode := target.Query().Get("sslmode"); mode != "" && !slices.Contains(sslModes, mode) {
			bad.add("DATABASE_URL", "with an sslmode of "+strings.Join(sslModes, ", "))
		}
		return
	}
	if !c.splitDatabase() {
		return
	}
	if c.DBName == "" {
		bad.add("DB_NAME", "set along with the other DB_ variables")
	}
	if !c.DBPassword.IsZero() && c.DBUser == "" {
		bad.add("DB_USER", "set along with DB_PASSWORD")
	}
	if c.DBPort != "" && (!isPort(c.DBPort) || c.DBPort == "0") {
		bad.add("DB_PORT", "a port number")
	}
	if c.DBSSLMode != "" && !slices.Contains(sslModes, c.DBSSLMode) {
		bad.add("DB_SSLMODE", "one of "+strings.Join(sslModes, ", "))
	}
}

// postgresURL returns where PostgreSQL is, with an sslmode: that of the settings if
// they have one.
func (c config) postgresURL() domain.Secret {
	target := c.splitURL()
	if !c.DatabaseURL.IsZero() {
		target, _ = postgres.ParseURL(c.DatabaseURL.Reveal())
	}
	query := target.Query()
	if !query.Has("sslmode") {
		query.Set("sslmode", cmp.Or(c.PGSSLMode, postgres.SSLMode(target.String())))
	}
	target.RawQuery = query.Encode()
	return domain.NewSecret(target.String())
}

func (c config) splitURL() *url.URL {
	host, port, query := cmp.Or(c.DBHost, "localhost"), cmp.Or(c.DBPort, "5432"), url.Values{}
	if c.DBSSLMode != "" {
		query.Set("sslmode", c.DBSSLMode)
	}
	target := &url.URL{Scheme: "postgres", Path: "/" + c.DBName}
	if strings.HasPrefix(host, "/") { // the folder of a socket
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
