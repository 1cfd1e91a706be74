package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Verification is what an examination of the trail has found.
type Verification struct {
	// Events counts those that were examined, Unsealed those among them that are
	// not under a seal yet.
	Events, Unsealed int
	// Old counts those without evidence: nothing shows what was done to them before
	// they came under a seal. Unadopted counts those among them that are under none:
	// nothing shows that they are as they were written.
	WithoutEvidence, UnsealedWithoutEvidence int
	// Versions counts the versions of records that were compared with the commitments in events,
	// OldVersions those that have none: nothing shows what was done to them.
	Versions, VersionsWithoutCommitment int
	// CoveredFrom is the first event whose change would be found to be another one by the
	// versions that it made, and CoveredSince its time; zero when there is none.
	CoveredFrom  ID
	CoveredSince time.Time
	// Last is the last seal.
	LastSeal Head
	// Faults are the things that are not as they were, in the order in which they were
	// found, each once; at most MaxFaults.
	Faults []Fault
}

// MaxFaults bounds the Faults of a Verification, which ends with the last of them.
const MaxFaults = 100

// Fault is something in the trail that is not as it was.
type Fault struct {
	Problem Problem
	// Event is the first event that it concerns; zero when it is a seal's.
	Event ID
	// Seal is the one that shows it; zero when there is none.
	Seal ID
	// Version is the version of a record that it concerns; zero when it is none's.
	Version VersionName
}

// Problem is what is wrong. Its verbs stand for the event, the seal, and the number, kind and
// ID of the version.
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
	// SealRemoved is the first of the seals that are missing in a row.
	SealRemoved Problem = "seal %[2]d was removed"
	// SealForeign is a last seal that this service has not made with a key that it has.
	SealForeign Problem = "seal %[2]d was not made with a key of this service"
	// MentionsChanged is an index that does not lead to all events about a record, or
	// leads to others; the events themselves are as they were.
	MentionsChanged Problem = "the table audit_about, which leads from records to events, was changed"
	// VersionChanged is a version of a record that was edited, or has changed places with
	// another.
	VersionChanged Problem = "version %[3]d of %[4]s %[5]d was changed"
	VersionRemoved Problem = "version %[3]d of %[4]s %[5]d was removed"
	// VersionInserted is one that no event of this service has made.
	VersionInserted Problem = "version %[3]d of %[4]s %[5]d was inserted"
	// HeadMissing is a seal that was there once.
	HeadMissing  Problem = "the trail ends before seal %[2]d: what came after was removed"
	HeadMismatch Problem = "seal %[2]d is not the one that was kept: the trail was made anew"
)

// String says what is wrong.
func (f Fault) String() string {
	if f.Problem == MentionsChanged {
		return string(f.Problem)
	}
	return fmt.Sprintf(string(f.Problem), f.Event, f.Seal, f.Version.Number, f.Version.Record.Kind, f.Version.Record.ID)
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

// AddEvent takes an event as it is now.
func (c *Chain) AddEvent(event AuditEvent) { c.open[event.ID] = event }

// MissingEvents returns the events under a seal that have not been read.
func (c *Chain) MissingEvents(seal Seal) []ID {
	var ids []ID
	for _, sealed := range seal.Events {
		if _, read := c.open[sealed.ID]; !read {
			ids = append(ids, sealed.ID)
		}
	}
	return ids
}

// CheckSeal examines the next seal and the events under it, and returns what is wrong. What
// can be told without what is wrong is examined all the same.
func (c *Chain) CheckSeal(seal Seal) []Fault {
	if seal.Number <= c.last.Number {
		return []Fault{{Problem: SealRemoved, Seal: c.last.Number + 1}}
	}
	var faults []Fault
	follows := seal.Number == c.last.Number+1
	if !follows {
		faults = append(faults, Fault{Problem: SealRemoved, Seal: c.last.Number + 1})
	}
	sightings, under := c.take(seal)
	faults = append(faults, under...)
	if len(faults) == 0 && !seal.Follows(c.last, sightings) {
		faults = append(faults, Fault{Problem: SealChanged, Seal: seal.Number})
	}
	c.last = seal
	isSound := len(faults) == 0
	for _, event := range c.UnsealedEvents() {
		switch {
		case seal.Awaits(event.ID):
			continue
		case !follows: // It can have been under a seal that was removed.
			if event.isAltered() {
				faults = append(faults, Fault{Problem: EventChanged, Event: event.ID})
			}
		case isSound:
			faults = append(faults, Fault{Problem: EventInserted, Event: event.ID, Seal: seal.Number})
		default: // The next seal that is as it was shows it.
			continue
		}
		delete(c.open, event.ID)
	}
	return faults
}

// take returns the sightings of the events under a seal, and what is wrong with them.
func (c *Chain) take(seal Seal) (sightings []EventDigest, faults []Fault) {
	remade := false
	for _, sealed := range seal.Events {
		event, read := c.open[sealed.ID]
		if !read {
			faults = append(faults, Fault{Problem: EventRemoved, Event: sealed.ID, Seal: seal.Number})
			continue
		}
		delete(c.open, sealed.ID)
		sighting := event.EventDigest()
		sightings = append(sightings, sighting)
		switch {
		case !sealed.Matches(sighting.Hash) || event.isAltered():
			faults = append(faults, Fault{Problem: EventChanged, Event: sealed.ID, Seal: seal.Number})
		case event.Seal >= seal.Number && !remade:
			remade = true
			faults = append(faults, Fault{Problem: SealRemoved, Seal: seal.Number})
		}
	}
	return sightings, faults
}

// isAltered reports whether the event has evidence of something else than it says.
func (e AuditEvent) isAltered() bool {
	return e.Evidence.Hash != e.Hash() && e.Evidence != (Evidence{})
}

// LastSeal returns the last seal that was examined.
func (c *Chain) LastSeal() Seal { return c.last }

// UnsealedEvents returns the events that were read and are under no seal, in ascending
// order of ID.
func (c *Chain) UnsealedEvents() []AuditEvent {
	return slices.SortedFunc(maps.Values(c.open), func(a, b AuditEvent) int { return cmp.Compare(a.ID, b.ID) })
}
