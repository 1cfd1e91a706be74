package httpserver

import (
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// trustedProxies are the networks of the proxies whose forwarding headers are used.
type trustedProxies []netip.Prefix

func (t trustedProxies) has(address netip.Addr) bool {
	return slices.ContainsFunc(t, func(network netip.Prefix) bool { return network.Contains(address) })
}

// client returns the address of the client that sent the request to the outermost trusted
// proxy, or to the service itself. It returns the zero Addr if the connection has no
// address. Each proxy appends the address of its client to X-Forwarded-For, so client reads
// the header from the right and stops at the first hop that is not a trusted proxy: that
// hop can have forged everything to its left.
func (t trustedProxies) client(r *http.Request) netip.Addr {
	client := peer(r)
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for forwarded != "" && t.has(client) {
		comma := strings.LastIndexByte(forwarded, ',')
		caller := parseHop(forwarded[comma+1:])
		if !caller.IsValid() {
			break
		}
		client, forwarded = caller, forwarded[:max(comma, 0)]
	}
	return client
}

// isTLS reports whether the client used TLS to the service or to the outermost trusted
// proxy. A chain of proxies lists the schemes in order, and the first one is the client's.
func (t trustedProxies) isTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	scheme, _, _ := strings.Cut(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	return t.has(peer(r)) && strings.EqualFold(strings.Trim(scheme, " \t"), "https")
}

// validPrefix matches a path without a trailing slash. It restricts the characters of the
// segments, so that a link with the prefix cannot lead to another host and the prefix cannot
// add markup to a page.
var validPrefix = regexp.MustCompile(`^(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

const maxPrefixLength = 200

// prefix returns the path that trusted proxies removed from the request's path, without a
// trailing slash. In a chain of proxies, the prefix of the outermost one comes first. It
// returns "" if the header is missing or invalid.
func (t trustedProxies) prefix(r *http.Request) string {
	if !t.has(peer(r)) {
		return ""
	}
	prefix := ""
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("X-Forwarded-Prefix"), ","), ",") {
		prefix += strings.TrimSuffix(strings.Trim(part, " \t"), "/")
	}
	if len(prefix) > maxPrefixLength || !validPrefix.MatchString(prefix) {
		return ""
	}
	return prefix
}

func peer(r *http.Request) netip.Addr { return parseHop(r.RemoteAddr) }

// parseHop parses an address of X-Forwarded-For, which can have a port or brackets. It
// returns the zero Addr if text is not an address.
func parseHop(text string) netip.Addr {
	text = strings.Trim(text, " \t")
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return canonical(withPort.Addr())
	}
	address, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return canonical(address)
}

// canonical returns the form of an address that netip.Prefix.Contains compares.
func canonical(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

var errProxy = errors.New("give the address of a proxy, such as 10.0.0.7, or a network of proxies, such as 10.0.0.0/24; a network of all addresses is not accepted")

// ParseProxy parses the address of a proxy, or a network of proxies in CIDR notation. The
// error does not contain text.
func ParseProxy(text string) (netip.Prefix, error) {
	network, err := netip.ParsePrefix(text)
	if err != nil {
		address, err := netip.ParseAddr(text)
		if err != nil || address.Zone() != "" {
			return netip.Prefix{}, errProxy
		}
		address = address.Unmap()
		network = netip.PrefixFrom(address, address.BitLen())
	}
	if network.Bits() == 0 || network.Addr().Is4In6() {
		return netip.Prefix{}, errProxy
	}
	return network.Masked(), nil
}
