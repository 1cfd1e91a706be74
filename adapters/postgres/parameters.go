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

// settings are those of connections, as dsn has them.
type settings struct {
	pq.Config
	// keepAlive is the zero value where dsn says nothing of it.
	keepAlive net.KeepAliveConfig
	// noKeepAlive is keepalives=0.
	noKeepAlive bool
}

// ParseURL reads a URL as libpq takes it (PostgreSQL manual, 34.1.1.2), which net/url does
// not where it names several hosts with ports, or the folder of a socket. It returns one that has
// such hosts in its parameters. An error does not show text.
func ParseURL(text string) (*url.URL, error) {
	bad := errors.New("postgres: not a URL of the form postgres://user:password@host:port,host:port/name")
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme != "postgres" && scheme != "postgresql" {
		return nil, bad
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority = rest[:end]
	}
	hosts := authority[strings.LastIndexByte(authority, '@')+1:]
	isFolder := strings.HasPrefix(strings.ToLower(hosts), "%2f") // that of a socket
	if !strings.Contains(hosts, ",") && !isFolder {
		target, err := url.Parse(text)
		if err != nil || target.Port() != "" && !isPort(target.Port()) {
			return nil, bad
		}
		return target, nil
	}
	names, ports, err := splitHosts(hosts)
	if err != nil {
		return nil, bad
	}
	target, err := url.Parse(scheme + "://" + authority[:len(authority)-len(hosts)] + rest[len(authority):])
	if err != nil {
		return nil, bad
	}
	query, err := url.ParseQuery(target.RawQuery)
	if err != nil {
		return nil, bad
	}
	// A parameter of the same name counts for more, as in libpq.
	if !query.Has("host") {
		query.Set("host", strings.Join(names, ","))
	}
	if !query.Has("port") && ports != nil {
		query.Set("port", strings.Join(ports, ","))
	}
	target.RawQuery = query.Encode()
	return target, nil
}

// splitHosts returns the hosts of a list, and their ports unless none has one.
func splitHosts(list string) (names, ports []string, err error) {
	const usual = "5432"
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
			port = usual
		}
		if !isPort(port) {
			return nil, nil, errors.New("no port")
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

// parse reads dsn as libpq does, as far as lib/pq can obey it. What it cannot obey is
// refused where somebody may rely on it, and otherwise told of in the log.
func parseDSN(dsn string, log *slog.Logger) (settings, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		target, err := ParseURL(dsn)
		if err != nil {
			return settings{}, err
		}
		// lib/pq takes the first of several values, libpq the last.
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
	// lib/pq sends what it does not know to the server, which refuses it with another text.
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
		case value == "" || slices.Contains(known.harmless, value):
		case known.refused:
			return settings{}, &parameterError{name, known.why}
		default:
			log.Warn("a parameter of the database's address has no effect", "parameter", name, "why", known.why)
		}
		delete(s.Runtime, name)
	}
	return s, nil
}

// unsupportedParameters are the parameters of libpq that lib/pq does not have.
var unsupportedParameters = map[string]struct {
	// harmless are the values that ask for no more than lib/pq does.
	harmless []string
	// refused is for what a connection must not do without.
	refused bool
	why     string
}{
	"channel_binding":  {[]string{"disable", "prefer"}, true, "the driver cannot bind a password to the TLS connection; leave it out and use sslmode=verify-full"},
	"gssencmode":       {[]string{"disable", "prefer"}, true, "the driver cannot encrypt with GSSAPI; leave it out and use TLS (sslmode)"},
	"gssdelegation":    {[]string{"0"}, true, "the driver cannot delegate GSSAPI credentials; leave it out"},
	"require_auth":     {nil, true, "the driver answers whatever method the server asks for; leave it out and use sslmode=verify-full, which no other server passes"},
	"requirepeer":      {nil, true, "the driver cannot tell who runs the server behind a socket; leave it out"},
	"sslcrl":           {nil, true, "the driver cannot check certificates against a list; leave it out"},
	"sslcrldir":        {nil, true, "the driver cannot check certificates against a list; leave it out"},
	"sslcertmode":      {[]string{"allow"}, true, "the driver shows a certificate when it is given one; leave it out"},
	"sslpassword":      {nil, true, "the driver cannot read a key with a password; give a key without one, readable by its owner only"},
	"scram_client_key": {nil, true, "the driver cannot use it; give the password"},
	"scram_server_key": {nil, true, "the driver cannot use it; give the password"},
	"oauth_issuer":     {nil, true, "the driver cannot use OAuth; give a password or a certificate"},
	"oauth_client_id":  {nil, true, "the driver cannot use OAuth; give a password or a certificate"},
	"replication":      {[]string{"false", "off", "no", "0"}, true, "the service does not replicate; leave it out"},
	"sslcompression":   {[]string{"0"}, false, "the driver never compresses"},
	"gsslib":           {nil, false, "the driver does not use it"},
	"tcp_user_timeout": {[]string{"0"}, false, "the service gives up on a silent server after 15 seconds"},
	"sslkeylogfile":    {nil, false, "the driver writes no keys"},
}

// parameterError refuses a parameter without showing its value.
type parameterError struct{ name, why string }

func (e *parameterError) Error() string {
	return fmt.Sprintf("postgres: %s in the database's address cannot be obeyed as it is set: %s", e.name, e.why)
}

// setKeepAlive obeys keepalives, keepalives_idle, keepalives_interval and keepalives_count.
func (s *settings) setKeepAlive(name, value string) error {
	if value == "" {
		return nil
	}
	number, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return &parameterError{name, "give a number"}
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

// dialer makes connections with the keepalives of the settings.
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
