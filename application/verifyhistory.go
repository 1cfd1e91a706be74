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
	// earlier is, for each kind whose records end and come back with others, the last event of
	// an earlier release that can have done that. Such events do not name these records.
	earlier map[domain.SubjectKind]domain.ID
	// strange are versions that none of the events that were read has made, and certain those
	// that no other event can have made either.
	strange, certain []domain.Commitment
	// versions and old count those with and without commitments, from is the first event of
	// the form that has them.
	versions, old int
	from          domain.AuditEvent
	// last is the version that was looked at last, and salted its record, if that version has
	// a commitment or one before it has.
	last   domain.VersionName
	salted domain.Reference
}

// fingerprint is a MAC cut to 64 bits. Nobody without the key can find a commitment that has
// the fingerprint of another one.
func (v *verifier) fingerprint(commitment domain.Commitment) uint64 {
	mac := v.macs.Sum(commitment.Hash())
	return binary.BigEndian.Uint64(mac[:8])
}

// made returns commitments of the versions that an event has made. An earlier release named
// one only: that has no digest, as the version has none.
func made(event domain.AuditEvent) []domain.Commitment {
	if event.Format < domain.EventFormat && event.Version != 0 && event.Outcome == domain.Allowed {
		record := domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}
		return []domain.Commitment{{VersionName: domain.VersionName{Record: record, Number: event.Version}}}
	}
	return event.Commitments
}

// remember takes note of the versions that an event has made.
func (v *verifier) remember(event domain.AuditEvent) {
	h := &v.history
	if event.Format >= domain.EventFormat && (h.from.ID == 0 || event.ID < h.from.ID) {
		h.from = event
	}
	for _, commitment := range made(event) {
		h.rememberChildren(event, commitment)
		if !h.purged[commitment.Record] {
			h.committed = append(h.committed, v.fingerprint(commitment))
		}
	}
}

// rememberChildren takes note of an event of an earlier release with which others can have ended
// or come back.
func (h *history) rememberChildren(event domain.AuditEvent, commitment domain.Commitment) {
	if commitment.Digest != [16]byte{} {
		return
	}
	for _, kind := range domain.Children(commitment.Record.Kind) {
		if h.earlier == nil {
			h.earlier = map[domain.SubjectKind]domain.ID{}
		}
		h.earlier[kind] = max(h.earlier[kind], event.ID)
	}
}

// isEarlier reports whether an earlier release can have made a version without a digest that no
// event names: because it found the record, or the record ended or came back with another.
func (v *verifier) isEarlier(kept domain.Commitment, afterSalted bool) bool {
	h := &v.history
	if kept.Number < 1 {
		return false
	}
	if last, ok := h.earlier[kept.Record.Kind]; ok && (!afterSalted || last > h.from.ID) {
		return true
	}
	next := kept
	next.Number++
	_, changed := slices.BinarySearch(h.committed, v.fingerprint(next))
	return kept.Number == 1 && changed
}

// readPurged reads which records were purged.
func (v *verifier) readPurged(ctx context.Context) (map[domain.Reference]bool, error) {
	purges := pages(minID, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) {
		return v.tx.Audit().List(ctx, domain.AuditFilter{Action: domain.RetentionPurge}, page)
	})
	purged := map[domain.Reference]bool{}
	for event, err := range purges {
		if err != nil {
			return nil, err
		}
		if event.Action != domain.RetentionPurge || event.Outcome != domain.Allowed {
			continue
		}
		for _, id := range event.Subject.Shown {
			purged[domain.Reference{Kind: event.Subject.Kind, ID: id}] = true
		}
	}
	return purged, nil
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
		kept, err := v.tx.Audit().ListCommitments(ctx, after, verifyPage)
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
	for _, commitment := range slices.Concat(v.history.certain, v.history.strange) {
		if !slices.Contains(missing, commitment.VersionName) {
			faults = append(faults, domain.Fault{Problem: domain.VersionInserted, Version: commitment.VersionName})
		}
	}
	return v.report(faults...)
}

// look takes a version that is kept.
func (v *verifier) look(kept domain.Commitment) {
	h := &v.history
	again, hasDigest := kept.VersionName == h.last, kept.Digest != [16]byte{}
	h.last = kept.VersionName
	if hasDigest {
		h.versions++
	} else {
		h.old++
	}
	afterSalted := h.salted == kept.Record
	if hasDigest {
		h.salted = kept.Record
	}
	switch {
	case again, h.purged[kept.Record]: // There is one of each only, and none of what is gone for good.
		h.certain = append(h.certain, kept)
	case v.find(kept), !hasDigest && v.isEarlier(kept, afterSalted):
	default:
		h.strange = append(h.strange, kept)
	}
}

// find takes note that there is a version, and reports whether an event has made it.
func (v *verifier) find(kept domain.Commitment) bool {
	h := &v.history
	fingerprint := v.fingerprint(kept)
	at, _ := slices.BinarySearch(h.committed, fingerprint)
	for ; at < len(h.committed) && h.committed[at] == fingerprint; at++ {
		if !h.found[at] {
			h.found[at] = true
			return true
		}
	}
	return false
}

// explain leaves as strange what no other event has made either. All that none of the last
// seal and those before vouches for is read again: what made a version is there by now.
func (v *verifier) explain(ctx context.Context) error {
	h := &v.history
	if len(h.strange) == 0 {
		return nil
	}
	explained := map[domain.Commitment]bool{}
	for event, err := range unsealed(ctx, v.chain.LastSeal(), allEvents(v.tx)) {
		if err != nil {
			return err
		}
		if !v.isWritten(event) {
			continue
		}
		for _, commitment := range made(event) {
			h.rememberChildren(event, commitment)
			explained[commitment] = true
		}
	}
	h.strange = slices.DeleteFunc(h.strange, func(kept domain.Commitment) bool {
		next := kept
		next.Number++
		isOld := kept.Digest == [16]byte{}
		return explained[kept] || isOld && (v.isEarlier(kept, true) || kept.Number == 1 && explained[next])
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
	purged, err := v.readPurged(ctx) // also those of the meantime
	if err != nil {
		return nil, err
	}
	for event, err := range pages(minID, idOfEvent, func(page domain.Page) ([]domain.AuditEvent, error) { return allEvents(v.tx)(ctx, page) }) {
		if err != nil {
			return nil, err
		}
		for _, commitment := range made(event) {
			if purged[commitment.Record] || !h.isMissing(v.fingerprint(commitment)) || slices.Contains(names, commitment.VersionName) || v.isInserted(event) {
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
		there, err := v.tx.Audit().ListCommitments(ctx, before, 1)
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
