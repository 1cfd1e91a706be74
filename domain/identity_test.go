package domain_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestNewOriginKeepsWhatCanBeShown(t *testing.T) {
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

func TestOneSiteIsOneNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1":             "192.0.2.1",
		"::ffff:192.0.2.1":      "192.0.2.1",
		"::ffff:192.0.2.1%eth0": "192.0.2.1",
		"2001:db8:1:2:3:4:5:6":  "2001:db8:1:2::/64",
		"2001:db8:1:2::":        "2001:db8:1:2::/64",
		"2001:db8:1:2:ffff::":   "2001:db8:1:2::/64",
		"2001:db8:1:3::":        "2001:db8:1:3::/64",
		"fe80::1%eth0":          "fe80::/64",
		"::1":                   "::/64",
	} {
		assert.Equal(t, want, domain.NewOrigin(netip.MustParseAddr(address), "").Network(), address)
	}
	assert.Equal(t, "192.0.2.1", domain.NewOrigin(netip.MustParseAddr("::ffff:192.0.2.1"), "").Address.String())
	assert.Equal(t, "fe80::1", domain.NewOrigin(netip.MustParseAddr("fe80::1%eth0"), "").Address.String())
	assert.Equal(t, domain.Origin{}.Network(), domain.NewOrigin(netip.Addr{}, "").Network(), "nowhere is a place of its own")
}
