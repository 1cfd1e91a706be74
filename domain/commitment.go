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

// VersionName names a version of a record.
type VersionName struct {
	Record Reference
	Number int
}

// Salt makes the Commitment of a version say nothing of what the version says. It is kept
// beside the version only, and goes with it.
type Salt [16]byte

// Commitment is what the event of a change keeps of a version that the change made. When the
// version is edited, it has another commitment. Without the version, nobody learns anything
// from it.
type Commitment struct {
	VersionName
	// Digest is SHA-256 of all that the version says, and of its Salt, cut to 128 bits. It need
	// not be longer: the service draws the salt, so nobody can prepare two versions that have
	// the same one. It is zero for a version from before there were commitments.
	Digest [16]byte
}

// Hash returns the hash of the commitment.
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

// Name returns the version's name.
func (v Version[T]) Name() VersionName { return VersionName{v.Record.Self(), v.Number} }

// Commitment returns what the event of the version's change keeps of it.
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
	m.number(int64(v.By.UserID))
	m.text(string(v.By.Role))
	m.text(string(v.Change))
	m.reference(v.With)
	m.fields(v.Record.Fields())
	m.stamp(StampOf(v.Record))
	hash := sha256.Sum256(*m)
	copy(commitment.Digest[:], hash[:])
	return commitment
}

// fields adds fields in the order of their names. Those that are not set, or empty, are left
// out: so a field that a later release adds to records changes no commitment that there is.
func (m *message) fields(fields []Field) {
	fields = slices.SortedFunc(slices.Values(fields), func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	for _, field := range fields {
		switch value := field.Value.(type) {
		case nil:
		case string:
			if value != "" {
				m.text(field.Name)
				m.text("text")
				m.text(asKept(value))
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

// stamp adds a stamp. Versions from before records had any have none.
func (m *message) stamp(s Stamp) {
	if s != (Stamp{}) {
		m.text("stamp")
		m.number(int64(s.Version))
		m.number(s.CreatedAt.UnixMicro())
		m.number(s.UpdatedAt.UnixMicro())
	}
}

// asKept returns the text as versions keep it: in JSON, bytes that are no UTF-8 become U+FFFD.
func asKept(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.Map(func(r rune) rune { return r }, text)
}
