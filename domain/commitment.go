package domain

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// VersionName identifies a version of a record.
type VersionName struct {
	Record Reference
	Number int
}

// Salt is random and hashed into a version's Commitment, so that nobody can guess the
// version's content from the commitment. It is stored with the version only, and is
// deleted with it.
type Salt [16]byte

// Commitment is a salted hash of a version. The audit event of the change that made the
// version stores it, so that a later edit of the version is detectable. After the
// version is purged, the commitment reveals nothing about it.
type Commitment struct {
	VersionName
	// Digest is the SHA-256 hash of the version's content and Salt, cut to 128 bits.
	// That is long enough: the service chooses the salt, so nobody can prepare two
	// versions with the same digest. It is zero for a version stored before commitments
	// existed.
	Digest [16]byte
}

// Hash returns the hash of the commitment itself.
func (c Commitment) Hash() Hash {
	m := newMessage("healthcare audit commitment 1")
	m.commitment(c)
	return m.hash()
}

func (m *message) commitment(c Commitment) {
	m.reference(c.Record)
	m.number(int64(c.Number))
	m.text(string(c.Digest[:]))
}

func (m *message) reference(r Reference) {
	m.text(string(r.Kind))
	m.number(int64(r.ID))
}

// Name returns the identity of the version.
func (v Version[T]) Name() VersionName { return VersionName{v.Record.Self(), v.Number} }

// Commitment computes the commitment to the version's current content.
func (v Version[T]) Commitment() Commitment {
	commitment := Commitment{VersionName: v.Name()}
	if v.Salt == (Salt{}) {
		return commitment
	}
	m := newMessage("healthcare version 1")
	m.text(string(v.Salt[:]))
	m.reference(commitment.Record)
	m.number(int64(v.Number))
	m.number(v.At.UnixMicro())
	m.number(int64(v.Author.UserID))
	m.text(string(v.Author.Role))
	m.text(string(v.Change))
	m.reference(v.Cause)
	m.fields(v.Record.Fields())
	m.stamp(StampOf(v.Record))
	hash := sha256.Sum256(*m)
	copy(commitment.Digest[:], hash[:])
	return commitment
}

// fields appends the fields in the order of their names and skips empty ones. A field
// that a later release adds therefore does not change the commitments of stored
// versions.
func (m *message) fields(fields []Field) {
	fields = slices.SortedFunc(slices.Values(fields), func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	for _, field := range fields {
		switch value := field.Value.(type) {
		case nil:
		case string:
			if value != "" {
				m.text(field.Name)
				m.text("text")
				m.text(asStored(value))
			}
		case ID:
			if value != 0 {
				m.text(field.Name)
				m.text("id")
				m.number(int64(value))
			}
		case time.Time:
			if !value.IsZero() {
				m.text(field.Name)
				m.text("time")
				m.number(value.UnixMicro())
			}
		default:
			panic(fmt.Sprintf("domain: the field %s is a %T", field.Name, value))
		}
	}
}

// stamp adds a stamp. Versions of releases without stamps have the zero Stamp, which adds nothing.
func (m *message) stamp(s Stamp) {
	if s != (Stamp{}) {
		m.text("stamp")
		m.number(int64(s.Version))
		m.number(s.CreatedAt.UnixMicro())
		m.number(s.UpdatedAt.UnixMicro())
	}
}

// asStored returns the text as it reads after it was stored as JSON: invalid UTF-8
// becomes U+FFFD.
func asStored(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.Map(func(r rune) rune { return r }, text)
}
