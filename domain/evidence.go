package domain

import (
	"crypto/sha256"
	"encoding/binary"
)

// Hash is a SHA-256 hash.
type Hash [sha256.Size]byte

// MAC is a message authentication code: HMAC-SHA-256 cut to 128 bits (RFC 2104, 5).
// Without the service's key nobody can make one.
type MAC [16]byte

// Evidence shows that an event is as this service wrote it. The zero Evidence is that of
// events from before there were any.
type Evidence struct {
	// Hash is the event's.
	Hash Hash
	// MAC is that of the event's ID and Hash.
	MAC MAC
}

// Digest returns one hash of both, which a seal takes of an event.
func (e Evidence) Digest() Hash {
	m := newMessage("healthcare audit evidence 1")
	m.text(string(e.Hash[:]))
	m.text(string(e.MAC[:]))
	return m.hash()
}

// Hash returns the hash of all that the event says, its ID included.
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
	if e.Format != 0 || len(e.Commitments) > 0 { // Earlier events keep the hash that they had.
		m.number(int64(e.Format))
		m.number(int64(len(e.Commitments)))
		for _, commitment := range e.Commitments {
			m.commitment(commitment)
		}
	}
	return m.hash()
}

// MACInput returns what the MAC of an event is made of. It names the event once
// more, so that evidence can be checked without the event.
func MACInput(id ID, hash Hash) Hash {
	m := newMessage("healthcare audit attested 1")
	m.number(int64(id))
	m.text(string(hash[:]))
	return m.hash()
}

// listed is how many records a list showed, and -1 for what is no list.
func (s Subject) listed() int {
	if s.Shown == nil {
		return -1
	}
	return len(s.Shown)
}

// message is bytes that say one thing only: each text in it has its length before it.
type message []byte

// newMessage begins with what sort of message it is.
func newMessage(sort string) *message {
	m := new(message)
	m.text(sort)
	return m
}

func (m *message) number(n int64) { *m = binary.AppendVarint(*m, n) }

func (m *message) text(s string) {
	m.number(int64(len(s)))
	*m = append(*m, s...)
}

func (m *message) hash() Hash { return sha256.Sum256(*m) }
