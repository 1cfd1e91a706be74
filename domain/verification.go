package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Verification is what an examination of the trail has found.
type Verification struct {
	// Events counts those that were examined, Unsealed those among them that are
	// not under a seal yet.
	Events, Unsealed int
	// Old counts those without evidence: nothing shows what was done to them before
	// they came under a seal.
	Old int
	// Last is the last seal.
	Last Head
	// Fault is the first thing that is not as it was; nil when all is.
	Fault *Fault
}

// Fault is something in the trail that is not as it was.
type Fault struct {
	Problem Problem
	// Event is the first event that it concerns; zero when it is a seal's.
	Event ID
	// Seal is the one that shows it; zero when there is none.
	Seal ID
}

// Problem is what is wrong.
type Problem string

// The problems.
const (
	// EventChanged is an event that was edited, or has changed places with another.
	EventChanged Problem = "event %[1]d was changed"
	EventRemoved Problem = "event %[1]d was removed"
	// EventInserted is one that was not there when its neighbours came under a seal,
	// or that this service has not written.
	EventInserted Problem = "event %[1]d was inserted"
	SealChanged   Problem = "seal %[2]d was changed"
	SealRemoved   Problem = "seal %[2]d was removed"
	// SealForeign is a last seal that this service has not made with a key that it has.
	SealForeign Problem = "seal %[2]d was not made with a key of this service"
	// MentionsChanged is an index that does not lead to all events about a record, or
	// leads to others; the events themselves are as they were.
	MentionsChanged Problem = "the table audit_about, which leads from records to events, was changed"
	// HeadMissing is a seal that was there once.
	HeadMissing Problem = "the trail ends before seal %[2]d: what came after was removed"
	HeadOther   Problem = "seal %[2]d is not the one that was kept: the trail was made anew"
)

// String says what is wrong.
func (f Fault) String() string {
	if f.Problem == MentionsChanged {
		return string(f.Problem)
	}
	return fmt.Sprintf(string(f.Problem), f.Event, f.Seal)
}

// Chain examines the trail: seal by seal, each after the events up to its Through
// were read. NewChain is before the first.
type Chain struct {
	last Seal
	// open are the events that were read and not under a seal yet.
	open map[ID]AuditEvent
}

// NewChain returns a chain without seals and events.
func NewChain() *Chain { return &Chain{open: map[ID]AuditEvent{}} }

// Read takes an event as it is now.
func (c *Chain) Read(event AuditEvent) { c.open[event.ID] = event }

// Unread returns the events under a seal that have not been read.
func (c *Chain) Unread(seal Seal) []ID {
	var ids []ID
	for _, sealed := range seal.Events {
		if _, read := c.open[sealed.ID]; !read {
			ids = append(ids, sealed.ID)
		}
	}
	return ids
}

// Append examines the next seal and the events under it, and says what is wrong first.
func (c *Chain) Append(seal Seal) *Fault {
	if seal.Number != c.last.Number+1 {
		return &Fault{Problem: SealRemoved, Seal: c.last.Number + 1}
	}
	sightings := make([]Sighting, len(seal.Events))
	for i, sealed := range seal.Events {
		event, read := c.open[sealed.ID]
		if !read {
			return &Fault{Problem: EventRemoved, Event: sealed.ID, Seal: seal.Number}
		}
		sightings[i] = event.Sighting()
		if !sealed.Matches(sightings[i].Hash) || event.Evidence.Hash != event.Hash() && event.Evidence != (Evidence{}) {
			return &Fault{Problem: EventChanged, Event: sealed.ID, Seal: seal.Number}
		}
		if event.Seal >= seal.Number {
			return &Fault{Problem: SealRemoved, Seal: seal.Number}
		}
		delete(c.open, sealed.ID)
	}
	if !seal.Follows(c.last, sightings) {
		return &Fault{Problem: SealChanged, Seal: seal.Number}
	}
	c.last = seal
	for _, event := range c.Open() {
		if !seal.Awaits(event.ID) {
			return &Fault{Problem: EventInserted, Event: event.ID, Seal: seal.Number}
		}
	}
	return nil
}

// Last returns the last seal that was examined.
func (c *Chain) Last() Seal { return c.last }

// Open returns the events that were read and are under no seal, in ascending
// order of ID.
func (c *Chain) Open() []AuditEvent {
	return slices.SortedFunc(maps.Values(c.open), func(a, b AuditEvent) int { return cmp.Compare(a.ID, b.ID) })
}
