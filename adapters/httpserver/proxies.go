package httpserver

import (
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// trustedProxies are the networks of the proxies that are believed when they say
// where a request comes from.
type trustedProxies []netip.Prefix

func (t trustedProxies) has(address netip.Addr) bool {
	return slices.ContainsFunc(t, func(network netip.Prefix) bool { return network.Contains(address) })
}

// client returns the address that sent the request to the outermost trusted proxy,
// or to the service itself. It returns the zero Addr where connections have no
// addresses. Each hop appends its caller's address to X-Forwarded-For. So anyone
// can have invented what stands left of a hop that is not trusted, or left of
// something that is no address.
func (t trustedProxies) client(r *http.Request) netip.Addr {
	client := peer(r)
	said := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	for said != "" && t.has(client) {
		comma := strings.LastIndexByte(said, ',')
		caller := parseHop(said[comma+1:])
		if !caller.IsValid() {
			break
		}
		client, said = caller, said[:max(comma, 0)]
	}
	return client
}

// overTLS reports whether the request came over TLS, to the service or to the
// outermost trusted proxy. Proxies in a row write their schemes one after the other:
// the first is the one that the client used.
func (t trustedProxies) overTLS(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	scheme, _, _ := strings.Cut(strings.Join(r.Header.Values("X-Forwarded-Proto"), ","), ",")
	return t.has(peer(r)) && strings.EqualFold(strings.Trim(scheme, " \t"), "https")
}

// safePrefix is a path without its last slash, of which every segment is plain: in a
// link it can lead to no other host, and in a page it can be no markup.
var safePrefix = regexp.MustCompile(`^(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

// maxPrefixLength is more than any path at which a service is mounted.
const maxPrefixLength = 200

// prefix returns the path that trusted proxies have taken off the request's, without
// its last slash. Of several proxies, the outer one comes first. It is empty when they
// say nothing, or something that is no plain path.
func (t trustedProxies) prefix(r *http.Request) string {
	if !t.has(peer(r)) {
		return ""
	}
	whole := ""
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("X-Forwarded-Prefix"), ","), ",") {
		whole += strings.TrimSuffix(strings.Trim(part, " \t"), "/")
	}
	if len(whole) > maxPrefixLength || !safePrefix.MatchString(whole) {
		return ""
	}
	return whole
}

func peer(r *http.Request) netip.Addr { return parseHop(r.RemoteAddr) }

// parseHop reads an address as proxies write it, some of them with a port or in
// brackets. It returns the zero Addr for anything else.
func parseHop(text string) netip.Addr {
	text = strings.Trim(text, " \t")
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return plain(withPort.Addr())
	}
	address, _ := netip.ParseAddr(strings.Trim(text, "[]"))
	return plain(address)
}

// plain returns the one form of an address that networks are compared with.
func plain(address netip.Addr) netip.Addr { return address.Unmap().WithZone("") }

var errProxy = errors.New("give the address of a proxy, such as 10.0.0.7, or a network of proxies, such as 10.0.0.0/24, that is not all the world")

// ParseProxy reads the address of a proxy, or a network in CIDR notation of which
// every member is one. The error does not show text.
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
