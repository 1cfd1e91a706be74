package main

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// usesPostgres says where the data is: in PostgreSQL, or in the embedded store
// when no variable speaks of a database.
func (c config) usesPostgres() bool { return c.DatabaseURL != "" || c.splitDatabase() }

// splitDatabase says whether any of the old backend's variables is set.
func (c config) splitDatabase() bool {
	return c.DBName != "" || c.DBUser != "" || c.DBPassword != "" || c.DBHost != "" || c.DBPort != 0 || c.DBSSLMode != ""
}

func (c config) checkPostgres(bad badSettings) {
	if c.DatabaseURL != "" {
		if c.splitDatabase() {
			bad.add("DATABASE_URL", "left out when the DB_ variables are set, or they when it is")
		}
		// Not parsed into the message: the parser's error quotes the password.
		if target, err := url.Parse(string(c.DatabaseURL)); err != nil || target.Scheme != "postgres" && target.Scheme != "postgresql" {
			bad.add("DATABASE_URL", "of the form postgres://user:password@host:port/name, with special characters %-encoded")
		}
	} else if c.splitDatabase() && c.DBName == "" {
		bad.add("DB_NAME", "set along with the other DB_ variables")
	}
}

// postgresURL returns where PostgreSQL is. TLS is required unless the settings
// say otherwise, or it is on this machine, where it usually has none.
func (c config) postgresURL() secret {
	target := c.splitURL()
	if c.DatabaseURL != "" {
		target, _ = url.Parse(string(c.DatabaseURL))
	}
	query := target.Query()
	if !query.Has("sslmode") {
		query.Set("sslmode", defaultSSLMode(target.Hostname(), query.Get("host")))
	}
	target.RawQuery = query.Encode()
	return secret(target.String())
}

func (c config) splitURL() *url.URL {
	host, port, query := c.DBHost, "5432", url.Values{}
	if host == "" {
		host = "localhost"
	}
	if c.DBPort != 0 {
		port = strconv.Itoa(int(c.DBPort))
	}
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
		target.User = url.UserPassword(c.DBUser, string(c.DBPassword))
	}
	target.RawQuery = query.Encode()
	return target
}

func defaultSSLMode(host, socket string) string {
	ip, err := netip.ParseAddr(host)
	if strings.HasPrefix(socket, "/") || host == "localhost" || err == nil && ip.IsLoopback() {
		return "disable"
	}
	return "require"
}
