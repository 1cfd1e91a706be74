package domain

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Verification is the result of verifying the audit trail.
type Verification struct {
	// Events counts the events that were verified. Unsealed counts those among them that
	// no seal covers yet.
	Events, Unsealed int
	// WithoutEvidence counts the events without evidence: changes made to them before
	// they were sealed cannot be detected. UnsealedWithoutEvidence counts those among
	// them that no seal covers: no change to them can be detected.
	WithoutEvidence, UnsealedWithoutEvidence int
	// Versions counts the record versions that were compared with the commitments in
	// events. VersionsWithoutCommitment counts the versions that have no commitment:
	// changes to them cannot be detected.
	Versions, VersionsWithoutCommitment int
	// CoveredFrom is the first event that commits to the versions its change made, and
	// CoveredSince is that event's time. Both are zero if there is none.
	CoveredFrom  ID
	CoveredSince time.Time
	// LastSeal is the head of the last seal.
	LastSeal Head
	// Faults are the problems found, without duplicates, in the order in which they were
	// found. There are at most MaxFaults.
	Faults []Fault
}

// MaxFaults bounds Verification.Faults. Verification stops when it is reached.
const MaxFaults = 100

// Fault is one problem found in the trail.
type Fault struct {
	Problem Problem
	// Event is the first event concerned. It is zero if the fault is in a seal.
	Event ID
	// Seal is the seal that reveals the fault. It is zero if none does.
	Seal ID
	// Version is the record version concerned. It is zero if the fault is not in a
	// version.
	Version VersionName
}

// Problem is the kind of a fault, as a format string. The arguments are the event, the
// seal, and the version's number, record kind and record ID.
type Problem string

// The problems.
const (
	// EventChanged means that the event was edited or swapped with another.
	EventChanged Problem = "event %[1]d was changed"
	EventRemoved Problem = "event %[1]d was removed"
	// EventInserted means that the event did not exist when its neighbours were sealed,
	// or was not written by this service.
	EventInserted Problem = "event %[1]d was inserted"
	SealChanged   Problem = "seal %[2]d was changed"
	// SealRemoved names the first of one or more consecutive missing seals.
	SealRemoved Problem = "seal %[2]d was removed"
	// SealForeign means that the MAC of the last seal was not made with any key of this
	// service.
	SealForeign Problem = "seal %[2]d was not made with a key of this service"
	// MentionsChanged means that the index by record was changed: it misses events or
	// has extra ones. The events themselves are unchanged.
	MentionsChanged Problem = "the table audit_about, which leads from records to events, was changed"
	// VersionChanged means that the version was edited or swapped with another.
	VersionChanged Problem = "version %[3]d of %[4]s %[5]d was changed"
	VersionRemoved Problem = "version %[3]d of %[4]s %[5]d was removed"
	// VersionInserted means that no event of this service made the version.
	VersionInserted Problem = "version %[3]d of %[4]s %[5]d was inserted"
	// HeadMissing means that there is no longer a seal with the number of the kept head.
	HeadMissing Problem = "the trail ends before seal %[2]d: its end was removed"
	// HeadMismatch means that the seal with the number of the kept head has another
	// digest.
	HeadMismatch Problem = "seal %[2]d is not the kept one: the trail was rewritten"
)

// String describes the fault in one line.
func (f Fault) String() string {
	if f.Problem == MentionsChanged {
		return string(f.Problem)
	}
	return fmt.Sprintf(string(f.Problem), f.Event, f.Seal, f.Version.Number, f.Version.Record.Kind, f.Version.Record.ID)
}

// Chain verifies the hash chain, one seal at a time. Before each CheckSeal, the caller
// passes the events up to that seal's Through to AddEvent.
type Chain struct {
	last Seal
	// unsealed holds the events that were added and that no checked seal covers.
	unsealed map[ID]AuditEvent
}

// NewChain returns a chain that starts before the first seal.
func NewChain() *Chain { return &Chain{unsealed: map[ID]AuditEvent{}} }

// AddEvent adds an event as it is stored now.
func (c *Chain) AddEvent(event AuditEvent) { c.unsealed[event.ID] = event }

// MissingEvents returns the IDs of the events that the seal covers and that were not
// added.
func (c *Chain) MissingEvents(seal Seal) []ID {
	var ids []ID
	for _, sealed := range seal.Events {
		if _, read := c.unsealed[sealed.ID]; !read {
			ids = append(ids, sealed.ID)
		}
	}
	return ids
}

// CheckSeal verifies the next seal and the events that it covers, and returns the faults
// found. After a fault it still verifies everything that does not depend on the faulty
// part.
func (c *Chain) CheckSeal(seal Seal) []Fault {
	if seal.Number <= c.last.Number {
		return []Fault{{Problem: SealRemoved, Seal: c.last.Number + 1}}
	}
	var faults []Fault
	follows := seal.Number == c.last.Number+1
	if !follows {
		faults = append(faults, Fault{Problem: SealRemoved, Seal: c.last.Number + 1})
	}
	digests, under := c.take(seal)
	faults = append(faults, under...)
	if len(faults) == 0 && !seal.Follows(c.last, digests) {
		faults = append(faults, Fault{Problem: SealChanged, Seal: seal.Number})
	}
	c.last = seal
	isSound := len(faults) == 0
	for _, event := range c.UnsealedEvents() {
		switch {
		case seal.Awaits(event.ID):
			continue
		case !follows: // A removed seal may have covered the event.
			if event.isAltered() {
				faults = append(faults, Fault{Problem: EventChanged, Event: event.ID})
			}
		case isSound:
			faults = append(faults, Fault{Problem: EventInserted, Event: event.ID, Seal: seal.Number})
		default: // The next sound seal tells whether the event was inserted.
			continue
		}
		delete(c.unsealed, event.ID)
	}
	return faults
}

// take removes the events that the seal covers from the unsealed ones. It returns their
// digests and the faults found in them.
func (c *Chain) take(seal Seal) (digests []EventDigest, faults []Fault) {
	reportedRemoved := false
	for _, sealed := range seal.Events {
		event, read := c.unsealed[sealed.ID]
		if !read {
			faults = append(faults, Fault{Problem: EventRemoved, Event: sealed.ID, Seal: seal.Number})
			continue
		}
		delete(c.unsealed, sealed.ID)
		digest := event.EventDigest()
		digests = append(digests, digest)
		switch {
		case !sealed.Matches(digest.Hash) || event.isAltered():
			faults = append(faults, Fault{Problem: EventChanged, Event: sealed.ID, Seal: seal.Number})
		case event.Seal >= seal.Number && !reportedRemoved:
			reportedRemoved = true
			faults = append(faults, Fault{Problem: SealRemoved, Seal: seal.Number})
		}
	}
	return digests, faults
}

// isAltered reports whether the event has evidence that does not match its content.
func (e AuditEvent) isAltered() bool {
	return e.Evidence.Hash != e.Hash() && e.Evidence != (Evidence{})
}

// LastSeal returns the last seal that was checked.
func (c *Chain) LastSeal() Seal { return c.last }

// UnsealedEvents returns the added events that no checked seal covers, in ascending
// order of ID.
func (c *Chain) UnsealedEvents() []AuditEvent {
	return slices.SortedFunc(maps.Values(c.unsealed), func(a, b AuditEvent) int { return cmp.Compare(a.ID, b.ID) })
}
