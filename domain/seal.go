package domain

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Seal covers a set of audit events and makes later changes to them detectable. Each
// seal contains the digest of the previous one, so the seals form a hash chain: a person
// who knows one seal can verify every seal and event before it.
//
// Events are covered in the order in which they become visible, which differs slightly
// from the order of their IDs.
type Seal struct {
	// Number starts at 1.
	Number ID
	At     time.Time
	// Through is the greatest event ID that this seal or a previous one covers.
	Through ID
	// Events are the events that this seal covers, in ascending order of ID.
	Events []SealedEvent
	// Missing are the IDs up to Through that no seal covers, in ascending order. The
	// transactions that allocated them may still be running, or were rolled back.
	Missing []Gap
	// Digest is the hash of all the fields above, of the digests of the events, and of
	// the previous seal's Digest and MAC.
	Digest Hash
	// MAC authenticates Digest.
	MAC MAC
}

// SealedEvent identifies an event that a seal covers.
type SealedEvent struct {
	ID ID
	// Tag is the first four bytes of the event's digest. The seal's Digest proves that
	// no covered event was changed. If one was, Tag tells which.
	Tag [4]byte
}

// Gap is a range of missing event IDs.
type Gap struct {
	From, To ID // both inclusive
	// Since is when the gap was first found, by the clock of the machine at that time.
	// That clock can be set later, so Since is not a reliable measure of the gap's age.
	Since time.Time
}

// MaxLateness is how long after its neighbours an event can become visible and still be
// covered by a seal. A request ends within half a minute.
const MaxLateness = 10 * time.Minute

// EventDigest is an event's ID with the digest that a seal covers.
type EventDigest struct {
	ID ID
	// Hash is the result of Evidence.Digest.
	Hash Hash
}

// EventDigest returns the digest of the event computed from its current content.
func (e AuditEvent) EventDigest() EventDigest {
	return EventDigest{ID: e.ID, Hash: Evidence{Hash: e.Hash(), MAC: e.Evidence.MAC}.Digest()}
}

// Awaits reports whether the next seal can cover the event: neither this seal nor a
// previous one does, and its ID was not given up as missing.
func (s Seal) Awaits(id ID) bool {
	return id > s.Through || slices.ContainsFunc(s.Missing, func(gap Gap) bool { return gap.From <= id && id <= gap.To })
}

// WithoutGaps returns the seal without the overdue gaps. The next seal then no longer
// accepts events whose IDs lie in them.
func (s Seal) WithoutGaps(overdue func(Gap) bool) Seal {
	s.Missing = slices.DeleteFunc(slices.Clone(s.Missing), overdue)
	return s
}

// Next returns the seal that follows this one, without a MAC. It covers the given
// events, which must be in ascending order of ID, and this seal must Await each. Call it
// on the zero Seal for the first seal.
func (s Seal) Next(digests []EventDigest, now time.Time) Seal {
	next := Seal{Number: s.Number + 1, At: now, Through: s.Through}
	for _, digest := range digests {
		next.Events = append(next.Events, SealedEvent{ID: digest.ID, Tag: digest.Hash.tag()})
		next.Through = max(next.Through, digest.ID)
	}
	for _, gap := range s.Missing {
		next.Missing = append(next.Missing, gap.without(digests)...)
	}
	if next.Through > s.Through {
		fresh := Gap{From: s.Through + 1, To: next.Through, Since: now}
		next.Missing = append(next.Missing, fresh.without(digests)...)
	}
	next.Digest = next.digest(s, digests)
	return next
}

// Follows reports whether s is the seal that follows last and its Digest matches the
// digests of its events.
func (s Seal) Follows(last Seal, events []EventDigest) bool {
	return s.Number == last.Number+1 && s.Digest == s.digest(last, events)
}

// Matches reports whether hash has the event's Tag.
func (s SealedEvent) Matches(hash Hash) bool { return s.Tag == hash.tag() }

func (h Hash) tag() [4]byte { return [4]byte(h[:4]) }

func (s Seal) digest(before Seal, events []EventDigest) Hash {
	m := newMessage("healthcare audit seal 1")
	m.text(string(before.Digest[:]))
	m.text(string(before.MAC[:]))
	m.number(int64(s.Number))
	m.number(s.At.UnixMicro())
	m.number(int64(s.Through))
	m.number(int64(len(events)))
	for _, event := range events {
		m.number(int64(event.ID))
		m.text(string(event.Hash[:]))
	}
	m.number(int64(len(s.Missing)))
	for _, gap := range s.Missing {
		m.number(int64(gap.From))
		m.number(int64(gap.To))
		m.number(gap.Since.UnixMicro())
	}
	return m.hash()
}

// Within reports whether the gap lies in the other one.
func (g Gap) Within(other Gap) bool { return other.From <= g.From && g.To <= other.To }

// without returns the parts of the gap that remain when the events are no longer
// missing.
func (g Gap) without(digests []EventDigest) []Gap {
	var left []Gap
	at, _ := slices.BinarySearchFunc(digests, g.From, func(s EventDigest, id ID) int { return cmp.Compare(s.ID, id) })
	for ; at < len(digests) && digests[at].ID <= g.To; at++ {
		if id := digests[at].ID; id > g.From {
			left = append(left, Gap{From: g.From, To: id - 1, Since: g.Since})
		}
		g.From = digests[at].ID + 1
	}
	if g.From <= g.To {
		left = append(left, g)
	}
	return left
}

// Head identifies a seal. An operator keeps a copy outside the service, where an
// intruder cannot change it.
type Head struct {
	Number ID
	Digest Hash
}

// Head returns the seal's head.
func (s Seal) Head() Head { return Head{Number: s.Number, Digest: s.Digest} }

// String returns the form that ParseHead parses: the number, a colon and 64 hexadecimal
// digits.
func (h Head) String() string { return h.Number.String() + ":" + hex.EncodeToString(h.Digest[:]) }

// MarshalText returns the result of String, for logs in JSON.
func (h Head) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// ParseHead parses a head.
func ParseHead(text string) (Head, error) {
	number, digest, _ := strings.Cut(text, ":")
	n, numberErr := strconv.ParseInt(number, 10, 64)
	bytes, digestErr := hex.DecodeString(digest)
	if numberErr != nil || digestErr != nil || n < 1 || len(bytes) != len(Hash{}) {
		return Head{}, invalid("A head is a number, a colon and 64 hexadecimal digits, as `audit head` prints it.")
	}
	return Head{Number: ID(n), Digest: Hash(bytes)}, nil
}

// ErrSealed returns a Conflict: a seal with this number exists already.
func ErrSealed() error { return ErrDuplicate("number", "seal with this number already exists.") }

// ErrNotLastSeal returns a Conflict: the trail can only be continued from its last seal.
func ErrNotLastSeal() error {
	return &Error{Kind: Conflict, Message: "That is not the last seal of the trail."}
}
