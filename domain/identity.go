package domain

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ID identifies an entity within its kind. It is a positive 64-bit integer. The store
// assigns IDs in ascending order and never reuses one. Entities added concurrently can
// become visible in a different order than that of their IDs. The zero ID means that
// there is no entity.
type ID int64

// ParseID parses decimal digits without sign and leading zeros.
func ParseID(text string) (ID, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, invalid("A valid id (a positive integer) is required.")
	}
	return ID(n), nil
}

// String returns the decimal digits.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// Role is a user's role in the clinic. A role that the policy does not name has no
// permissions.
type Role string

// The roles. Anonymous and Operator are never stored and never in a token.
const (
	// Anonymous is a caller who is not signed in.
	Anonymous Role = ""
	// Staff manages patients and mappings.
	Staff Role = "STAFF"
	// Admin also manages doctors and users.
	Admin Role = "ADMIN"
	// Operator is the person at the service's own command line.
	Operator Role = "OPERATOR"
)

// ParseRole parses ADMIN or STAFF, in capitals. It refuses Anonymous and
// Operator.
func ParseRole(text string) (Role, error) {
	if role := Role(text); role == Admin || role == Staff {
		return role, nil
	}
	return "", invalid("Not a valid choice: use ADMIN or STAFF.")
}

// Actor is the caller of a use-case. The zero Actor is anonymous.
type Actor struct {
	UserID    ID
	Role      Role
	SessionID ID
	// Duty is what the actor must do before anything else.
	Duty Duty
	// SecondFactor says whether the actor's account has a confirmed second factor.
	SecondFactor bool
	Origin       Origin
}

// Duty is something that users must do about their own sign-in before anything else.
// Authorize refuses almost all other actions as long as the duty is not done.
type Duty string

// The duties.
const (
	NoDuty Duty = ""
	// DutyPassword means replacing a temporary password, which somebody else knows.
	DutyPassword Duty = "change_password"
	// DutySecondFactor means enrolling a second factor that the role requires.
	DutySecondFactor Duty = "enrol_mfa"
)

// Origin describes where a request came from.
type Origin struct {
	// Address is the client's IP address. It is the zero Addr on the command line.
	Address netip.Addr
	// Device is how the client software describes itself (the User-Agent header).
	Device string
	// RequestID is the ID under which the request appears in the response and in the
	// request log.
	RequestID string
}

const maxDeviceLength = 200

// NewOrigin returns an origin. It keeps at most 200 printable characters of device.
func NewOrigin(address netip.Addr, device string) Origin {
	device = strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsGraphic(r) {
			return -1
		}
		return r
	}, device)
	if runes := []rune(device); len(runes) > maxDeviceLength {
		device = string(runes[:maxDeviceLength])
	}
	return Origin{Address: address.Unmap().WithZone(""), Device: strings.TrimSpace(device)}
}

// Network returns the client network for rate limits: an IPv4 address, or the /64 prefix
// of an IPv6 address. One device can use every address of its /64 prefix, so counting
// single addresses would not limit it.
func (o Origin) Network() string {
	address := countedAs(o.Address)
	if !address.Is6() {
		return address.String()
	}
	return prefix(address, 64)
}

// Site returns the /48 prefix of an IPv6 address. A site with many networks gets at most
// one such prefix (RFC 6177). It is empty for an IPv4 address and for none.
func (o Origin) Site() string {
	address := countedAs(o.Address)
	if !address.Is6() {
		return ""
	}
	return prefix(address, 48)
}

func prefix(address netip.Addr, bits int) string {
	network, _ := address.Prefix(bits) // no error: every IPv6 address has more bits
	return network.String()
}

var (
	// translated is the prefix under which NAT64 gateways write the IPv4 addresses of
	// their clients (RFC 6052).
	translated = netip.MustParsePrefix("64:ff9b::/96")
	// tunnelled is the prefix of 6to4, which contains the IPv4 address of the network's
	// owner (RFC 3056).
	tunnelled = netip.MustParsePrefix("2002::/16")
)

// countedAs returns the IPv4 address embedded in a NAT64 or 6to4 address, and any other
// address unchanged. Otherwise all clients of a NAT64 gateway would share one network,
// and every owner of an IPv4 address would get an IPv6 site as well.
func countedAs(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	raw := address.As16()
	switch {
	case translated.Contains(address):
		return netip.AddrFrom4([4]byte(raw[12:16]))
	case tunnelled.Contains(address):
		return netip.AddrFrom4([4]byte(raw[2:6]))
	}
	return address
}

// address returns Address as text, or an empty text if there is none.
func (o Origin) address() string {
	if !o.Address.IsValid() {
		return ""
	}
	return o.Address.String()
}
