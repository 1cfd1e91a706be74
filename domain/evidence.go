package domain

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash is a SHA-256 hash.
type Hash [sha256.Size]byte

// MAC is a message authentication code: HMAC-SHA-256 cut to 128 bits (RFC 2104, 5). Only
// a holder of the service's key can compute it.
type MAC [16]byte

// Evidence makes changes to an audit event detectable. Events written before evidence
// existed have the zero Evidence.
type Evidence struct {
	// Hash is the event's hash.
	Hash Hash
	// MAC authenticates the event's ID and Hash: see MACInput.
	MAC MAC
}

// Digest returns the hash of both fields. Seals cover this digest.
func (e Evidence) Digest() Hash {
	m := newMessage("healthcare audit evidence 1")
	m.text(string(e.Hash[:]))
	m.text(string(e.MAC[:]))
	return m.hash()
}

// Hash returns the hash of all fields of the event except its evidence.
func (e AuditEvent) Hash() Hash {
	m := newMessage("healthcare audit event 1")
	m.number(int64(e.ID))
	m.number(e.At.UnixMicro())
	m.number(int64(e.Actor.UserID))
	m.text(string(e.Actor.Role))
	m.number(int64(e.Actor.SessionID))
	m.text(e.Actor.Origin.address())
	m.text(e.Actor.Origin.RequestID)
	m.text(string(e.Action))
	m.text(string(e.Subject.Kind))
	m.number(int64(e.Subject.ID))
	m.number(int64(e.Subject.listed()))
	for _, id := range e.Subject.Shown {
		m.number(int64(id))
	}
	m.text(string(e.Outcome))
	m.number(int64(e.Version))
	m.number(int64(len(e.Related)))
	for _, reference := range e.Related {
		m.text(string(reference.Kind))
		m.number(int64(reference.ID))
	}
	m.number(int64(e.Seal))
	if e.Format != 0 || len(e.Commitments) > 0 { // Older events do not have these fields in their hash.
		m.number(int64(e.Format))
		m.number(int64(len(e.Commitments)))
		for _, commitment := range e.Commitments {
			m.commitment(commitment)
		}
	}
	return m.hash()
}

// MACInput returns the hash that the MAC of an event authenticates. It contains the
// event's ID, so that the MAC can be verified without reading the event.
func MACInput(id ID, hash Hash) Hash {
	m := newMessage("healthcare audit attested 1")
	m.number(int64(id))
	m.text(string(hash[:]))
	return m.hash()
}

// listed returns the number of records that a list showed, or -1 if the subject is not a
// list.
func (s Subject) listed() int {
	if s.Shown == nil {
		return -1
	}
	return len(s.Shown)
}

// message is the input of a hash. Every text in it is preceded by its length, so two
// different contents never have the same encoding.
type message []byte

// newMessage returns a message that begins with its type. Messages of different types
// are therefore never equal.
func newMessage(kind string) *message {
	m := new(message)
	m.text(kind)
	return m
}

func (m *message) number(n int64) { *m = binary.AppendVarint(*m, n) }

func (m *message) text(s string) {
	m.number(int64(len(s)))
	*m = append(*m, s...)
}

func (m *message) hash() Hash { return sha256.Sum256(*m) }
