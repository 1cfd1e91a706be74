package domain

import (
	"cmp"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Seal closes a part of the trail. Each holds the digest of the one before, so
// that they are a chain, and whoever holds a seal holds all before it. Events come
// under a seal in the order in which they become visible, which is not quite
// that of their IDs.
type Seal struct {
	// Number counts from 1.
	Number ID
	At     time.Time
	// Through is the greatest ID of an event under this seal or one before.
	Through ID
	// Events are those under this seal, in ascending order of ID.
	Events []SealedEvent
	// Missing are the IDs up to Through of which no event has been under a seal, in
	// ascending order: their transactions may still be running, or were rolled back.
	Missing []Gap
	// Digest is that of all the above, of the events' hashes, and of the Digest and
	// MAC before.
	Digest Hash
	// MAC is that of Digest.
	MAC MAC
}

// SealedEvent names an event under a seal.
type SealedEvent struct {
	ID ID
	// Tag is the beginning of the sighting's hash. Digest proves that all events are
	// as they were; Tag tells which one is not.
	Tag [4]byte
}

// Gap is IDs that have not been seen.
type Gap struct {
	From, To ID // both included
	// Since is when they were first found missing, by the clock of the machine. It says
	// nothing of how long that is ago: clocks are set.
	Since time.Time
}

// MaxLateness is how much later than its neighbours an event can become visible
// and still come under a seal. A request is over within half a minute.
const MaxLateness = 10 * time.Minute

// EventDigest is an event that was found in the trail, and the digest of its evidence.
type EventDigest struct {
	ID ID
	// Hash is the Digest of its evidence.
	Hash Hash
}

// EventDigest returns what a seal takes of the event as it is now.
func (e AuditEvent) EventDigest() EventDigest {
	return EventDigest{ID: e.ID, Hash: Evidence{Hash: e.Hash(), MAC: e.Evidence.MAC}.Digest()}
}

// Awaits reports whether an event with the ID has not been under this seal or one
// before, and may come under the next.
func (s Seal) Awaits(id ID) bool {
	return id > s.Through || slices.ContainsFunc(s.Missing, func(gap Gap) bool { return gap.From <= id && id <= gap.To })
}

// WithoutGaps returns the seal without its gaps that are overdue: the seal that comes Next
// awaits no event in them any more.
func (s Seal) WithoutGaps(overdue func(Gap) bool) Seal {
	s.Missing = slices.DeleteFunc(slices.Clone(s.Missing), overdue)
	return s
}

// Next returns the seal after this one, without a MAC. It takes the sightings that
// this one Awaits, which must be in ascending order of ID. The zero Seal is before the first.
func (s Seal) Next(sightings []EventDigest, now time.Time) Seal {
	next := Seal{Number: s.Number + 1, At: now, Through: s.Through}
	for _, sighting := range sightings {
		next.Events = append(next.Events, SealedEvent{ID: sighting.ID, Tag: sighting.Hash.tag()})
		next.Through = max(next.Through, sighting.ID)
	}
	for _, gap := range s.Missing {
		next.Missing = append(next.Missing, gap.without(sightings)...)
	}
	if next.Through > s.Through {
		fresh := Gap{From: s.Through + 1, To: next.Through, Since: now}
		next.Missing = append(next.Missing, fresh.without(sightings)...)
	}
	next.Digest = next.digest(s, sightings)
	return next
}

// Follows reports whether s is the seal that comes after last, given its Events as
// they are now.
func (s Seal) Follows(last Seal, events []EventDigest) bool {
	return s.Number == last.Number+1 && s.Digest == s.digest(last, events)
}

// Matches reports whether a hash can be that of the event.
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

// Within reports whether all IDs of the gap are in the other one.
func (g Gap) Within(other Gap) bool { return other.From <= g.From && g.To <= other.To }

// without returns what is left of the gap.
func (g Gap) without(sightings []EventDigest) []Gap {
	var left []Gap
	at, _ := slices.BinarySearchFunc(sightings, g.From, func(s EventDigest, id ID) int { return cmp.Compare(s.ID, id) })
	for ; at < len(sightings) && sightings[at].ID <= g.To; at++ {
		if id := sightings[at].ID; id > g.From {
			left = append(left, Gap{From: g.From, To: id - 1, Since: g.Since})
		}
		g.From = sightings[at].ID + 1
	}
	if g.From <= g.To {
		left = append(left, g)
	}
	return left
}

// Head names a seal, to be kept where nobody can change it.
type Head struct {
	Number ID
	Digest Hash
}

// Head returns the seal's name.
func (s Seal) Head() Head { return Head{Number: s.Number, Digest: s.Digest} }

// String returns the head as ParseHead reads it: the number, a colon, and 64
// hexadecimal digits.
func (h Head) String() string { return h.Number.String() + ":" + hex.EncodeToString(h.Digest[:]) }

// MarshalText implements encoding.TextMarshaler: a log in JSON has what String returns.
func (h Head) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// ParseHead reads a head.
func ParseHead(text string) (Head, error) {
	number, digest, _ := strings.Cut(text, ":")
	n, numberErr := strconv.ParseInt(number, 10, 64)
	bytes, digestErr := hex.DecodeString(digest)
	if numberErr != nil || digestErr != nil || n < 1 || len(bytes) != len(Hash{}) {
		return Head{}, invalid("A head is a number, a colon and 64 hexadecimal digits, as `audit head` prints it.")
	}
	return Head{Number: ID(n), Digest: Hash(bytes)}, nil
}

// ErrSealed says that there is a seal of that number already.
func ErrSealed() error { return ErrDuplicate("number", "seal with this number already exists.") }

// ErrNotLastSeal refuses to go on from a seal that is not the last one.
func ErrNotLastSeal() error {
	return &Error{Kind: Conflict, Message: "That is not the last seal of the trail."}
}
