package domain

import "strconv"

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
}
