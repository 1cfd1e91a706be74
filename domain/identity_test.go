package domain_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestNewOriginKeepsPrintableCharacters(t *testing.T) {
	for in, want := range map[string]string{
		"":                                      "",
		" Firefox/140 (X11; Linux) ":            "Firefox/140 (X11; Linux)",
		"a\r\nb\tc\x00d\x7fe\u0085f":            "abcdef",
		"\x1b[31mred":                           "[31mred",
		"a\xffb\xc3":                            "ab",
		"a\ufffdb":                              "ab",
		"a\u202eb\u200bc\u2028d":                "abcd",
		"\u00a0\u3000Safari\n ":                 "Safari",
		"Zoë's 📱":                               "Zoë's 📱",
		strings.Repeat("ж", 200):                strings.Repeat("ж", 200),
		strings.Repeat("ж", 201):                strings.Repeat("ж", 200),
		strings.Repeat("\n", 500) + "x":         "x",
		strings.Repeat("x", 199) + "  the rest": strings.Repeat("x", 199),
	} {
		assert.Equal(t, want, domain.NewOrigin(netip.Addr{}, in).Device, "%.40q", in)
	}
}

func TestNetworkAndSiteOfAnAddress(t *testing.T) {
	for address, want := range map[string]struct{ network, site string }{
		"192.0.2.1":             {"192.0.2.1", ""},
		"::ffff:192.0.2.1":      {"192.0.2.1", ""},
		"::ffff:192.0.2.1%eth0": {"192.0.2.1", ""},
		"2001:db8:1:2:3:4:5:6":  {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:2::":        {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:2:ffff::":   {"2001:db8:1:2::/64", "2001:db8:1::/48"},
		"2001:db8:1:3::":        {"2001:db8:1:3::/64", "2001:db8:1::/48"},
		"2001:db8:2:3::":        {"2001:db8:2:3::/64", "2001:db8:2::/48"},
		"fe80::1%eth0":          {"fe80::/64", "fe80::/48"},
		"::1":                   {"::/64", "::/48"},
		// The clients of a NAT64 gateway are separate networks.
		"64:ff9b::192.0.2.1":   {"192.0.2.1", ""},
		"64:ff9b::1:192.0.2.1": {"64:ff9b::/64", "64:ff9b::/48"},
		"64:ff9b:1::192.0.2.1": {"64:ff9b:1::/64", "64:ff9b:1::/48"},
		// A 6to4 address counts as its IPv4 address and has no site.
		"2002:c000:201::1":             {"192.0.2.1", ""},
		"2002:c000:201:ffff:1:2:3:4":   {"192.0.2.1", ""},
		"2002:c000:201:ffff::%eth0":    {"192.0.2.1", ""},
		"2003:c000:201::1":             {"2003:c000:201::/64", "2003:c000:201::/48"},
		"2001:0:c000:201:1:2:3f57:fe9": {"2001:0:c000:201::/64", "2001:0:c000::/48"},
	} {
		parsed := netip.MustParseAddr(address)
		for _, origin := range []domain.Origin{domain.NewOrigin(parsed, ""), {Address: parsed}} {
			assert.Equal(t, want.network, origin.Network(), address)
			assert.Equal(t, want.site, origin.Site(), address)
		}
	}
	assert.Equal(t, "192.0.2.1", domain.NewOrigin(netip.MustParseAddr("::ffff:192.0.2.1"), "").Address.String())
	assert.Equal(t, "fe80::1", domain.NewOrigin(netip.MustParseAddr("fe80::1%eth0"), "").Address.String())
	assert.Equal(t, "64:ff9b::c000:201", domain.NewOrigin(netip.MustParseAddr("64:ff9b::192.0.2.1"), "").Address.String(), "the recorded address is unchanged")
	assert.Equal(t, domain.Origin{}.Network(), domain.NewOrigin(netip.Addr{}, "").Network(), "a missing address is a network of its own")
	assert.Empty(t, domain.Origin{}.Site())
}
