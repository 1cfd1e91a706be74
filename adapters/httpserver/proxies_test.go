package httpserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// proxies are the ones that the tests trust.
var proxies = trustedProxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:1::/48")}

func forwarded(peer string, headers ...string) *http.Request {
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.RemoteAddr = peer
	for _, header := range headers {
		req.Header.Add("X-Forwarded-For", header)
	}
	return req
}

func TestTheClientsAddressComesFromTrustedProxiesOnly(t *testing.T) {
	const proxy, stranger = "10.0.0.1:443", "192.0.2.66:443"
	for name, tt := range map[string]struct {
		peer    string
		headers []string
		want    string
	}{
		"no proxy":                     {stranger, nil, "192.0.2.66"},
		"a proxy without a header":     {proxy, nil, "10.0.0.1"},
		"a proxy":                      {proxy, []string{"203.0.113.9"}, "203.0.113.9"},
		"a header of no proxy":         {stranger, []string{"203.0.113.9"}, "192.0.2.66"},
		"a client that forges a hop":   {proxy, []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		"a client that forges a proxy": {proxy, []string{"198.51.100.1, 10.0.0.2, 203.0.113.9"}, "203.0.113.9"},
		"two proxies":                  {proxy, []string{"198.51.100.1, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
		"each with a header":           {proxy, []string{"198.51.100.1", "203.0.113.9", "10.1.2.3"}, "203.0.113.9"},
		"a client behind all proxies":  {proxy, []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		"garbage":                      {proxy, []string{"203.0.113.9, unknown"}, "10.0.0.1"},
		"garbage after a proxy":        {proxy, []string{"203.0.113.9, <script>, 10.1.2.3"}, "10.1.2.3"},
		"garbage before the client":    {proxy, []string{"%&$, 203.0.113.9"}, "203.0.113.9"},
		"nothing between commas":       {proxy, []string{"203.0.113.9,,10.1.2.3"}, "10.1.2.3"},
		"nothing at the end":           {proxy, []string{"203.0.113.9,"}, "10.0.0.1"},
		"nothing at the start":         {proxy, []string{",203.0.113.9"}, "203.0.113.9"},
		"an empty header":              {proxy, []string{""}, "10.0.0.1"},
		"an empty header in between":   {proxy, []string{"203.0.113.9", "", "10.1.2.3"}, "10.1.2.3"},
		"no spaces, tabs":              {proxy, []string{"198.51.100.1,\t203.0.113.9\t,10.1.2.3 "}, "203.0.113.9"},
		"a port":                       {proxy, []string{"198.51.100.1, 203.0.113.9:5555"}, "203.0.113.9"},
		"a bad port":                   {proxy, []string{"203.0.113.9:99999"}, "10.0.0.1"},
		"leading zeros":                {proxy, []string{"203.0.113.009"}, "10.0.0.1"},
		"IPv6":                         {"[2001:db8:1::1]:443", []string{"2001:db8:ff::9, 2001:db8:1::2"}, "2001:db8:ff::9"},
		"IPv6 in brackets":             {proxy, []string{"[2001:db8:ff::9]"}, "2001:db8:ff::9"},
		"IPv6 with a port":             {proxy, []string{"[2001:db8:ff::9]:5555"}, "2001:db8:ff::9"},
		"IPv6 with a zone":             {proxy, []string{"203.0.113.9, fe80::1%eth0"}, "fe80::1"},
		"a trusted proxy with a zone":  {"[2001:db8:1::1%eth0]:443", []string{"203.0.113.9"}, "203.0.113.9"},
		"IPv4 in IPv6":                 {"[::ffff:10.0.0.1]:443", []string{"203.0.113.9, ::ffff:10.0.0.2"}, "203.0.113.9"},
		"a client of IPv4 in IPv6":     {proxy, []string{"::ffff:203.0.113.9"}, "203.0.113.9"},
		"a UNIX socket":                {"@", []string{"203.0.113.9"}, "invalid IP"},
	} {
		assert.Equal(t, tt.want, proxies.client(forwarded(tt.peer, tt.headers...)).String(), name)
	}
	assert.Equal(t, "127.0.0.1", trustedProxies(nil).client(forwarded("127.0.0.1:1", "203.0.113.9")).String(), "no proxy is trusted by default")
}

func TestThePrefixComesFromTrustedProxiesOnly(t *testing.T) {
	const proxy, stranger = "10.0.0.1:443", "192.0.2.66:443"
	for name, tt := range map[string]struct {
		peer    string
		headers []string
		want    string
	}{
		"none":                         {proxy, nil, ""},
		"one":                          {proxy, []string{"/clinic"}, "/clinic"},
		"of a stranger":                {stranger, []string{"/clinic"}, ""},
		"with a last slash":            {proxy, []string{"/clinic/"}, "/clinic"},
		"deep":                         {proxy, []string{"/apps/clinic-2_a.b~c"}, "/apps/clinic-2_a.b~c"},
		"of two proxies":               {proxy, []string{"/apps, /clinic"}, "/apps/clinic"},
		"of two proxies, two headers":  {proxy, []string{"/apps/", "/clinic"}, "/apps/clinic"},
		"the root":                     {proxy, []string{"/"}, ""},
		"of two proxies, one at root":  {proxy, []string{"/apps, /"}, "/apps"},
		"no path":                      {proxy, []string{"clinic"}, ""},
		"another host":                 {proxy, []string{"//evil.example"}, ""},
		"another host, of two proxies": {proxy, []string{"/, //evil.example"}, ""},
		"a URL":                        {proxy, []string{"https://evil.example/"}, ""},
		"parent directory":             {proxy, []string{"/clinic/../x"}, ""},
		"encoded parent directory":     {proxy, []string{"/%2e%2e"}, ""},
		"another host by a backslash":  {proxy, []string{`/\evil.example`}, ""},
		"markup":                       {proxy, []string{`/"><script>`}, ""},
		"the end of a link":            {proxy, []string{"/x>; rel=\"next\""}, ""},
		"a query":                      {proxy, []string{"/x?y"}, ""},
		"a line of YAML":               {proxy, []string{"/x # y"}, ""},
		"too long":                     {proxy, []string{"/" + strings.Repeat("x", maxPrefixLength)}, ""},
	} {
		req := forwarded(tt.peer)
		for _, header := range tt.headers {
			req.Header.Add("X-Forwarded-Prefix", header)
		}
		assert.Equal(t, tt.want, proxies.prefix(req), name)
	}
	req := forwarded(proxy)
	req.Header.Set("X-Forwarded-Prefix", "/clinic")
	assert.Empty(t, trustedProxies(nil).prefix(req), "no proxy is trusted by default")
}

// FuzzTheClientsAddress sends arbitrary headers through correct proxies: the address of the
// client is always found.
func FuzzTheClientsAddress(f *testing.F) {
	f.Add("198.51.100.1", "")
	f.Add("198.51.100.1, 10.0.0.2", "10.0.0.3,")
	f.Add(", ,\x00,[::1%]:", "203.0.113.1:1")
	f.Fuzz(func(t *testing.T, header, more string) {
		const client = "203.0.113.9"
		for _, headers := range [][]string{
			{header, more, client},
			{header, more + ", " + client},
			{header, more + "," + client, "10.1.2.3"},
			{header + "," + more + "," + client + ":80 , 10.1.2.3,[2001:db8:1::7]"},
		} {
			require.Equal(t, client, proxies.client(forwarded("10.0.0.1:443", headers...)).String(), headers)
		}
		require.Equal(t, client, proxies.client(forwarded(client+":443", header, more)).String())
		require.Equal(t, "10.0.0.1", proxies.client(forwarded("10.0.0.1:443", header, more, "unknown")).String())
	})
}

func TestMalformedForwardingHeadersAreIgnored(t *testing.T) {
	service := serve(io.Discard, Options{TrustedProxies: proxies}, live)
	for _, peer := range []string{"10.0.0.1:443", "203.0.113.9:443", "@", "", "\xff"} {
		for _, header := range []string{"", ",", "\x00", strings.Repeat(",", 60<<10), strings.Repeat("10.0.0.1,", 6<<10), "fe80::1%" + strings.Repeat("z", 60<<10)} {
			recorder := httptest.NewRecorder()
			service.ServeHTTP(recorder, forwarded(peer, header))
			assert.Equal(t, http.StatusOK, recorder.Code)
		}
	}
}

func TestParseProxyAcceptsAddressesAndNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.7": "10.0.0.7/32", "10.0.0.7/24": "10.0.0.0/24", "::1": "::1/128", "2001:db8::/32": "2001:db8::/32",
		"::ffff:10.0.0.7": "10.0.0.7/32",
	} {
		got, err := ParseProxy(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got.String())
	}
	for _, text := range []string{
		"", " ", "*", "proxy.example.com", "10.0.0.7:80", "[::1]", "10.0.0/24", "10.0.0.0/33", "10.0.0.7 ", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "fe80::1%eth0", "fe80::1%eth0/64",
	} {
		_, err := ParseProxy(text)
		assert.Equal(t, errProxy, err, text)
	}
}
