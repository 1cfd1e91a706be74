package postgres

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// settings are the connection settings of a DSN.
type settings struct {
	pq.Config
	// keepAlive is zero unless the DSN has a keepalives_ parameter.
	keepAlive net.KeepAliveConfig
	// noKeepAlive says that the DSN has keepalives=0.
	noKeepAlive bool
}

// ParseURL parses a URL in libpq's syntax (PostgreSQL manual, 34.1.1.2). net/url cannot parse
// such a URL if it names several hosts with ports, or the folder of a socket. In the result,
// these hosts are in the query parameters, which can always be parsed. The error does not
// contain text.
func ParseURL(text string) (*url.URL, error) {
	bad := errors.New("postgres: not a URL of the form postgres://user:password@host:port,host:port/name")
	if !isURL(text) {
		return nil, bad
	}
	scheme, rest, _ := strings.Cut(text, "://")
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	hosts := authority[strings.LastIndexByte(authority, '@')+1:]
	isSocketFolder := strings.HasPrefix(strings.ToLower(hosts), "%2f")
	inQuery := strings.Contains(hosts, ",") || isSocketFolder
	if inQuery {
		text = scheme + "://" + authority[:len(authority)-len(hosts)] + rest[len(authority):]
	}
	target, err := url.Parse(text)
	if err != nil || target.Port() != "" && !isPort(target.Port()) {
		return nil, bad
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return nil, bad
	}
	if !inQuery {
		return target, nil
	}
	names, ports, err := splitHosts(hosts)
	if err != nil {
		return nil, bad
	}
	// As in libpq, a parameter takes precedence over the authority.
	if !query.Has("host") {
		query.Set("host", strings.Join(names, ","))
	}
	if !query.Has("port") && ports != nil {
		query.Set("port", strings.Join(ports, ","))
	}
	target.RawQuery = query.Encode()
	return target, nil
}

// isURL reports whether dsn is a URL rather than a list of parameters.
func isURL(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// splitHosts returns the hosts of a list and their ports. It returns no ports if no host has
// one.
func splitHosts(list string) (names, ports []string, err error) {
	const defaultPort = "5432"
	hasPort := false
	for item := range strings.SplitSeq(list, ",") {
		host, port := item, ""
		if colon := strings.LastIndexByte(item, ':'); colon > strings.LastIndexByte(item, ']') {
			host, port = item[:colon], item[colon+1:]
		}
		if inner, isIPv6 := strings.CutPrefix(host, "["); isIPv6 {
			host = strings.TrimSuffix(inner, "]")
			if _, err := netip.ParseAddr(host); err != nil {
				return nil, nil, err
			}
		}
		if host, err = url.PathUnescape(host); err != nil {
			return nil, nil, err
		}
		if port != "" {
			hasPort = true
		} else {
			port = defaultPort
		}
		if !isPort(port) {
			return nil, nil, errors.New("invalid port")
		}
		names, ports = append(names, host), append(ports, port)
	}
	if !hasPort {
		ports = nil
	}
	return names, ports, nil
}

func isPort(text string) bool {
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// parseDSN parses dsn like libpq. lib/pq does not support all parameters: for an unsupported
// one, parseDSN returns an error if ignoring it would be unsafe, and otherwise logs a warning.
func parseDSN(dsn string, log *slog.Logger) (settings, error) {
	if isURL(dsn) {
		target, err := ParseURL(dsn)
		if err != nil {
			return settings{}, err
		}
		// Of several values, lib/pq uses the first and libpq the last.
		for name, values := range target.Query() {
			if len(values) > 1 {
				return settings{}, &parameterError{name, "it is given more than once"}
			}
		}
		dsn = target.String()
	}
	config, err := pq.NewConfig(dsn)
	if err != nil {
		return settings{}, err
	}
	s := settings{Config: config}
	// lib/pq sends unknown parameters to the server, whose error would be less clear.
	s.Runtime = maps.Clone(config.Runtime)
	for _, name := range slices.Sorted(maps.Keys(config.Runtime)) {
		value := config.Runtime[name]
		known, found := unsupportedParameters[name]
		switch {
		case strings.HasPrefix(name, "keepalives"):
			if err := s.setKeepAlive(name, value); err != nil {
				return settings{}, err
			}
		case !found:
			continue
		case value == "" || slices.Contains(known.accepted, value):
		case known.refused:
			return settings{}, &parameterError{name, known.why}
		default:
			log.Warn("a parameter in the database's address has no effect", "parameter", name, "why", known.why)
		}
		delete(s.Runtime, name)
	}
	return s, nil
}

// unsupportedParameters are the parameters of libpq that lib/pq does not have.
var unsupportedParameters = map[string]struct {
	// accepted are the values that lib/pq fulfils.
	accepted []string
	// refused says that ignoring the parameter would be unsafe.
	refused bool
	why     string
}{
	"channel_binding":  {[]string{"disable", "prefer"}, true, "the driver cannot bind a password to the TLS connection; leave it out and use sslmode=verify-full"},
	"gssencmode":       {[]string{"disable", "prefer"}, true, "the driver cannot encrypt with GSSAPI; leave it out and use TLS (sslmode)"},
	"gssdelegation":    {[]string{"0"}, true, "the driver cannot delegate GSSAPI credentials; leave it out"},
	"require_auth":     {nil, true, "the driver accepts every authentication method; leave it out and use sslmode=verify-full, which only the right server passes"},
	"requirepeer":      {nil, true, "the driver cannot check the owner of the server process behind a socket; leave it out"},
	"sslcrl":           {nil, true, "the driver cannot check certificate revocation lists; leave it out"},
	"sslcrldir":        {nil, true, "the driver cannot check certificate revocation lists; leave it out"},
	"sslcertmode":      {[]string{"allow"}, true, "the driver sends a client certificate whenever one is set; leave it out"},
	"sslpassword":      {nil, true, "the driver cannot read an encrypted key; use an unencrypted key that only its owner can read"},
	"scram_client_key": {nil, true, "the driver cannot use it; set the password instead"},
	"scram_server_key": {nil, true, "the driver cannot use it; set the password instead"},
	"oauth_issuer":     {nil, true, "the driver cannot use OAuth; use a password or a certificate"},
	"oauth_client_id":  {nil, true, "the driver cannot use OAuth; use a password or a certificate"},
	"replication":      {[]string{"false", "off", "no", "0"}, true, "the service does not replicate; leave it out"},
	"sslcompression":   {[]string{"0"}, false, "the driver never compresses"},
	"gsslib":           {nil, false, "the driver does not use it"},
	"tcp_user_timeout": {[]string{"0"}, false, "the service closes a connection when the server does not answer for 15 seconds"},
	"sslkeylogfile":    {nil, false, "the driver writes no keys"},
}

// parameterError is an error about a parameter that does not contain its value.
type parameterError struct{ name, why string }

func (e *parameterError) Error() string {
	return fmt.Sprintf("postgres: parameter %s in the database's address cannot be used: %s", e.name, e.why)
}

// setKeepAlive sets keepalives, keepalives_idle, keepalives_interval or keepalives_count.
func (s *settings) setKeepAlive(name, value string) error {
	if value == "" {
		return nil
	}
	number, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return &parameterError{name, "it must be a number"}
	}
	seconds := time.Duration(number) * time.Second
	switch name {
	case "keepalives":
		s.noKeepAlive = number == 0
	case "keepalives_idle":
		s.keepAlive.Idle = seconds
	case "keepalives_interval":
		s.keepAlive.Interval = seconds
	case "keepalives_count":
		s.keepAlive.Count = int(number)
	default:
		return &parameterError{name, "there is no such parameter"}
	}
	return nil
}

// dialer returns a dialer with the keepalives of the settings.
func (s *settings) dialer() net.Dialer {
	if s.noKeepAlive {
		return net.Dialer{KeepAlive: -1}
	}
	dialer := net.Dialer{}
	if s.keepAlive != (net.KeepAliveConfig{}) {
		dialer.KeepAliveConfig = s.keepAlive
		dialer.KeepAliveConfig.Enable = true
	}
	return dialer
}
