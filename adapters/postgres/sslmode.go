package postgres

import (
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/lib/pq"
)

// SSLMode returns the sslmode for connections to the database that dsn names. If dsn, the
// environment (PGSSLMODE) or a connection service sets one, it returns that. Otherwise it
// returns:
//   - verify-ca, if a root certificate is set,
//   - disable, if all servers are on this machine, where they usually have no TLS, and no
//     client certificate is set,
//   - require in all other cases.
func SSLMode(dsn string) string {
	config, err := parseDSN(dsn, slog.New(slog.DiscardHandler))
	switch {
	case err != nil: // Open reports the error.
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

// isLocal reports whether every server in config is on this machine.
func isLocal(config pq.Config) bool {
	hosts := append([]pq.ConfigMultihost{{Host: config.Host, Hostaddr: config.Hostaddr}}, config.Multi...)
	for _, host := range hosts {
		address := host.Hostaddr
		if !address.IsValid() {
			address, _ = netip.ParseAddr(host.Host) // A name gives the zero Addr, which is not a loopback address.
		}
		named := !host.Hostaddr.IsValid() && (host.Host == "localhost" || isSocket(host.Host))
		if !named && !address.IsLoopback() {
			return false
		}
	}
	return true
}

// isSocket reports whether lib/pq treats host as a Unix socket: a folder, or an abstract name
// that begins with "@".
func isSocket(host string) bool { return filepath.IsAbs(host) || strings.HasPrefix(host, "@") }
