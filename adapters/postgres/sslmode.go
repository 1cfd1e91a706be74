package postgres

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/lib/pq"
)

// SSLMode returns the sslmode for connections to the database that dsn names. It is
// that of dsn, of the environment (PGSSLMODE) or of the service that either names, if
// there is one. Otherwise it depends on what else they say: with a certificate to
// check the server by, it is checked; with one to show to the server, the connection is
// encrypted; and so it is unless the server is on this machine, where it usually has no
// TLS.
func SSLMode(dsn string) string {
	config, err := parseDSN(dsn, slog.New(slog.DiscardHandler))
	switch {
	case err != nil: // Open says so.
		return string(pq.SSLModeRequire)
	case config.SSLMode != "":
		return string(config.SSLMode)
	case config.SSLRootCert != "":
		return string(pq.SSLModeVerifyCA)
	case config.SSLCert == "" && config.SSLKey == "" && isLocal(config.Config):
		return string(pq.SSLModeDisable)
	}
	return string(pq.SSLModeRequire)
}

// isLocal reports whether each server that config may lead to is on this machine.
func isLocal(config pq.Config) bool {
	hosts := append([]pq.ConfigMultihost{{Host: config.Host, Hostaddr: config.Hostaddr}}, config.Multi...)
	for _, host := range hosts {
		address := host.Hostaddr
		if !address.IsValid() {
			address, _ = netip.ParseAddr(host.Host) // The zero Addr, which is no loopback, for a name.
		}
		named := !host.Hostaddr.IsValid() && (host.Host == "localhost" || isSocket(host.Host))
		if !named && !address.IsLoopback() {
			return false
		}
	}
	return true
}

// isSocket reports whether lib/pq takes host for a Unix socket: a folder, or a name that
// is abstract.
func isSocket(host string) bool { return filepath.IsAbs(host) || strings.HasPrefix(host, "@") }
