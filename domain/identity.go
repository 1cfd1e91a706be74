package domain

import (
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ID identifies an entity within its kind: a positive 64-bit integer that the
// store gives out in ascending order and never twice. Of two entities made at the
// same moment, the one with the greater ID may be seen first. Zero is no entity.
type ID int64

// ParseID reads an ID as String writes it: decimal digits, no sign, no leading zero.
func ParseID(text string) (ID, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != text {
		return 0, invalid("A valid id (a positive integer) is required.")
	}
	return ID(n), nil
}

// String returns the decimal digits.
func (id ID) String() string { return strconv.FormatInt(int64(id), 10) }

// Role is what a user is in the clinic. The policy gives a role that it does
// not name no permission at all.
type Role string

// The roles. Anonymous and Operator are never stored and never in a token:
// ParseRole knows the other two only.
const (
	// Anonymous is a caller who has not signed in.
	Anonymous Role = ""
	// Staff manages patients and mappings.
	Staff Role = "STAFF"
	// Admin also manages doctors and users.
	Admin Role = "ADMIN"
	// Operator is the person at the service's own command line.
	Operator Role = "OPERATOR"
)

// ParseRole reads "ADMIN" or "STAFF", in capitals.
func ParseRole(text string) (Role, error) {
	if role := Role(text); role == Admin || role == Staff {
		return role, nil
	}
	return "", invalid("Not a valid choice: use ADMIN or STAFF.")
}

// Actor is who asks for a use-case. The zero Actor is anonymous.
type Actor struct {
	UserID    ID
	Role      Role
	SessionID ID
	// Duty is what the actor must do before anything else.
	Duty Duty
	// SecondFactor is whether the actor's account has a second factor.
	SecondFactor bool
	Origin       Origin
}

// Duty is something that a user has to do about their own sign-in. Until it is
// done they may do little else: Authorize refuses it.
type Duty string

// The duties.
const (
	NoDuty Duty = ""
	// DutyPassword is to replace a temporary password, which somebody else knows.
	DutyPassword Duty = "change_password"
	// DutySecondFactor is to enrol a second factor where the role needs one.
	DutySecondFactor Duty = "enrol_mfa"
)

// Origin says where a request comes from, as far as the transport can tell.
type Origin struct {
	// Address is the caller's; the zero Addr when there is none, as on the
	// command line.
	Address netip.Addr
	// Device is what the caller's software says it is.
	Device string
	// RequestID is what the transport calls the request, in its answer and its log.
	RequestID string
}

const maxDeviceLength = 200

// NewOrigin returns an origin. Of what the caller's software says it keeps up to
// 200 characters that can be shown.
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

// Network is what counts as one place when attempts are counted: an IPv4 address,
// or the 64 bits of an IPv6 address that one link has, so that nobody gets more
// attempts by changing the rest.
func (o Origin) Network() string {
	address := countedAs(o.Address)
	if !address.Is6() {
		return address.String()
	}
	return prefix(address, 64)
}

// Site is the larger place that an IPv6 network is in: the 48 bits of the address
// that a site with many networks has at most (RFC 6177). It is empty for an IPv4
// address, and for none.
func (o Origin) Site() string {
	address := countedAs(o.Address)
	if !address.Is6() {
		return ""
	}
	return prefix(address, 48)
}

func prefix(address netip.Addr, bits int) string {
	network, _ := address.Prefix(bits) // at most 64 bits fit every IPv6 address
	return network.String()
}

var (
	// translated is how a translator writes the IPv4 addresses of its clients (RFC 6052).
	translated = netip.MustParsePrefix("64:ff9b::/96")
	// tunnelled is what the owner of an IPv4 address has of IPv6 by 6to4 (RFC 3056).
	tunnelled = netip.MustParsePrefix("2002::/16")
)

// countedAs returns the IPv4 address that an IPv6 address is made of, and others as
// they are. Otherwise all clients of a translator would be one network, and each
// owner of an IPv4 address would have a site besides.
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

// address is the text of Address, nothing when there is none.
func (o Origin) address() string {
	if !o.Address.IsValid() {
		return ""
	}
	return o.Address.String()
}
