package application

import (
	"context"
	"encoding/binary"
	"slices"

	"example.com/healthcare/domain"
)

// history is what an examination remembers of the versions that events speak of: 9 bytes
// for each, and what does not fit.
type history struct {
	// committed are the fingerprints of the commitments in events, in ascending order once
	// all are read. found says of which there is a version.
	committed []uint64
	found     []bool
	// purged are the records whose versions were removed for good, by events that say so.
	purged map[domain.Reference]bool
	// earlier are changes by an earlier release that still ran beside this one; nil for none.
	earlier map[domain.VersionName]bool
	// strange are versions that none of the events that were read has made.
	strange []domain.Commitment
	// versions and old count those with and without commitments, from is the first event of
	// the form that has them.
	versions, old int
	from          domain.AuditEvent
	// salted is the record of the version that was looked at last, if it has a commitment or
	// one before it has.
	salted domain.Reference
}

// fingerprint is a MAC cut to 64 bits. Nobody without the key can find a commitment that has
// the fingerprint of another one.
func (v *verifier) fingerprint(commitment domain.Commitment) uint64 {
	mac := v.macs.Sum(commitment.Hash())
	return binary.BigEndian.Uint64(mac[:8])
}

// remember takes note of the versions that an event has made.
func (v *verifier) remember(event domain.AuditEvent) {
	h := &v.history
	switch {
	case event.Form >= domain.EventForm:
		if h.from.ID == 0 || event.ID < h.from.ID {
			h.from = event
		}
		for _, commitment := range event.Commitments {
			if !h.purged[commitment.Record] {
				h.committed = append(h.committed, v.fingerprint(commitment))
			}
		}
	case h.from.ID != 0 && event.Version != 0:
		v.rememberEarlier(event)
	}
}

// rememberEarlier takes note of a change that an earlier release made after this one began. It
// does not say which children it concerned: none of the kind is told apart.
func (v *verifier) rememberEarlier(event domain.AuditEvent) {
	if v.history.earlier == nil {
		v.history.earlier = map[domain.VersionName]bool{}
	}
	v.history.earlier[domain.VersionName{Record: domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}, Number: event.Version}] = true
	for _, kind := range domain.Children(event.Subject.Kind) {
		v.history.earlier[domain.VersionName{Record: domain.Reference{Kind: kind}}] = true
	}
}

// isEarlier reports whether an earlier release can have made the version beside this one.
func (h *history) isEarlier(name domain.VersionName) bool {
	return h.earlier[name] || h.earlier[domain.VersionName{Record: domain.Reference{Kind: name.Record.Kind}}]
}

// readPurged reads which records were purged.
func (v *verifier) readPurged(ctx context.Context) error {
	purges := pages(minID, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) {
		return v.tx.Audit().List(ctx, domain.AuditFilter{Action: domain.RetentionPurge}, page)
	})
	v.history.purged = map[domain.Reference]bool{}
	for event, err := range purges {
		if err != nil {
			return err
		}
		if event.Action != domain.RetentionPurge || event.Outcome != domain.Allowed {
			continue
		}
		for _, id := range event.Subject.Shown {
			v.history.purged[domain.Reference{Kind: event.Subject.Kind, ID: id}] = true
		}
	}
	return nil
}

// examineHistory compares the versions that are kept with the commitments in events. Those of
// the events that were read are there, unless they were purged: they were committed together.
func (v *verifier) examineHistory(ctx context.Context) error {
	if !v.eventsAreWhole() {
		return nil
	}
	slices.Sort(v.history.committed)
	v.history.found = make([]bool, len(v.history.committed))
	for after := (domain.VersionName{}); ; {
		kept, err := v.tx.Audit().Commitments(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		if len(kept) == 0 {
			break
		}
		for _, commitment := range kept {
			v.look(commitment)
		}
		after = kept[len(kept)-1].VersionName
	}
	missing, err := v.missing(ctx)
	if err != nil {
		return err
	}
	faults, err := v.missingFaults(ctx, missing)
	if err == nil {
		err = v.explain(ctx)
	}
	if err != nil {
		return err
	}
	for _, commitment := range v.history.strange {
		if !slices.Contains(missing, commitment.VersionName) {
			faults = append(faults, domain.Fault{Problem: domain.VersionInserted, Version: commitment.VersionName})
		}
	}
	return v.report(faults...)
}

// look takes a version that is kept.
func (v *verifier) look(kept domain.Commitment) {
	h := &v.history
	if kept.Digest == [16]byte{} {
		h.old++
		if h.salted == kept.Record || kept.Number < 1 {
			h.strange = append(h.strange, kept)
		}
		return
	}
	h.salted = kept.Record
	h.versions++
	fingerprint := v.fingerprint(kept)
	at, _ := slices.BinarySearch(h.committed, fingerprint)
	for ; at < len(h.committed) && h.committed[at] == fingerprint; at++ {
		if !h.found[at] {
			h.found[at] = true
			return
		}
	}
	h.strange = append(h.strange, kept)
}

// explain leaves as strange what no other event has made either. All that none of the last
// seal and those before vouches for is read again: what made a version is there by now.
func (v *verifier) explain(ctx context.Context) error {
	h := &v.history
	if len(h.strange) == 0 {
		return nil
	}
	made := map[domain.Commitment]bool{}
	for _, commitment := range h.strange {
		made[commitment] = false
	}
	for event, err := range unsealed(ctx, v.chain.Last(), allEvents(v.tx)) {
		switch {
		case err != nil:
			return err
		case !v.isWritten(event):
		case event.Form < domain.EventForm && event.Version != 0:
			v.rememberEarlier(event)
		default:
			for _, commitment := range event.Commitments {
				if _, isStrange := made[commitment]; isStrange {
					made[commitment] = true
				}
			}
		}
	}
	h.strange = slices.DeleteFunc(h.strange, func(commitment domain.Commitment) bool {
		if commitment.Digest == [16]byte{} {
			return commitment.Number > 0 && h.isEarlier(commitment.VersionName)
		}
		return made[commitment]
	})
	return nil
}

// missing returns the names of versions that events have made, at most as many as faults are
// reported, and that are not there as they were. The events are read once more, because only
// they have the names.
func (v *verifier) missing(ctx context.Context) (names []domain.VersionName, err error) {
	h := &v.history
	if !slices.ContainsFunc(h.committed, h.isMissing) {
		return nil, nil
	}
	if err := v.readPurged(ctx); err != nil { // also those of the meantime
		return nil, err
	}
	for event, err := range pages(minID, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) { return allEvents(v.tx)(ctx, page) }) {
		if err != nil {
			return nil, err
		}
		for _, commitment := range event.Commitments {
			if h.purged[commitment.Record] || !h.isMissing(v.fingerprint(commitment)) || slices.Contains(names, commitment.VersionName) || v.isInserted(event) {
				continue
			}
			if names = append(names, commitment.VersionName); len(names) == domain.MaxFaults {
				return names, nil
			}
		}
	}
	return names, nil
}

// isMissing reports whether a fingerprint is that of a commitment in an event, and of no
// version.
func (h *history) isMissing(fingerprint uint64) bool {
	at, found := slices.BinarySearch(h.committed, fingerprint)
	for ; found && at < len(h.committed) && h.committed[at] == fingerprint; at++ {
		if h.found[at] { // Whoever inserts an event copies what others say.
			return false
		}
	}
	return found
}

// missingFaults says what has become of the versions.
func (v *verifier) missingFaults(ctx context.Context, names []domain.VersionName) (faults []domain.Fault, err error) {
	for _, name := range names {
		before := name
		before.Number--
		there, err := v.tx.Audit().Commitments(ctx, before, 1)
		if err != nil {
			return nil, err
		}
		fault := domain.Fault{Problem: domain.VersionRemoved, Version: name}
		if len(there) > 0 && there[0].VersionName == name {
			fault.Problem = domain.VersionChanged
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// isInserted reports whether the event was found to be.
func (v *verifier) isInserted(event domain.AuditEvent) bool {
	return slices.ContainsFunc(v.faults, func(fault domain.Fault) bool {
		return fault.Problem == domain.EventInserted && fault.Event == event.ID
	})
}
