package application

import (
	"context"
	"encoding/binary"
	"slices"

	"example.com/healthcare/domain"
)

// versionEvidence is what a verification remembers about the versions that events name. It
// needs 9 bytes for each commitment.
type versionEvidence struct {
	// committed are the fingerprints of the commitments in events. They are sorted once all
	// events are read. found says for each whether the history has the version.
	committed []uint64
	found     []bool
	// purged are the records whose versions were purged, according to events.
	purged map[domain.Reference]bool
	// lastEarlierEvent holds, for each kind of records with parents, the last event of an
	// earlier release that can have deleted or restored such records with their parent. The
	// events of an earlier release do not name these records.
	lastEarlierEvent map[domain.SubjectKind]domain.ID
	// inserted are versions that no event can have made. unexplained are versions that none of
	// the events that were read has made.
	inserted, unexplained []domain.Commitment
	// versions and versionsWithoutDigest count the stored versions. firstCovered is the first
	// event in a format that has commitments.
	versions, versionsWithoutDigest int
	firstCovered                    domain.AuditEvent
	// lastVersion is the version that was examined last. lastSaltedRecord is the last record
	// with a version that has a digest.
	lastVersion      domain.VersionName
	lastSaltedRecord domain.Reference
}

// fingerprint is a MAC cut to 64 bits. Without the key nobody can find a commitment with the
// same fingerprint as another one.
func (v *verification) fingerprint(commitment domain.Commitment) uint64 {
	mac := v.macs.Sum(commitment.Hash())
	return binary.BigEndian.Uint64(mac[:8])
}

// commitmentsOf returns the commitments of the versions that an event has made. An event of an
// earlier release names at most one version and has no digest of it.
func commitmentsOf(event domain.AuditEvent) []domain.Commitment {
	if event.Format < domain.BlockFormat && event.Version != 0 && event.Outcome == domain.Allowed {
		record := domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}
		return []domain.Commitment{{VersionName: domain.VersionName{Record: record, Number: event.Version}}}
	}
	return event.Commitments
}

// addCommitments remembers the versions that an event has made.
func (v *verification) addCommitments(event domain.AuditEvent) {
	h := &v.history
	if event.Format >= domain.BlockFormat && (h.firstCovered.ID == 0 || event.ID < h.firstCovered.ID) {
		h.firstCovered = event
	}
	for _, commitment := range commitmentsOf(event) {
		h.addEarlierEvent(event, commitment)
		if !h.purged[commitment.Record] {
			h.committed = append(h.committed, v.fingerprint(commitment))
		}
	}
}

// addEarlierEvent remembers an event of an earlier release that can have deleted or restored
// children.
func (h *versionEvidence) addEarlierEvent(event domain.AuditEvent, commitment domain.Commitment) {
	if commitment.Digest != [16]byte{} {
		return
	}
	for _, kind := range domain.Children(commitment.Record.Kind) {
		if h.lastEarlierEvent == nil {
			h.lastEarlierEvent = map[domain.SubjectKind]domain.ID{}
		}
		h.lastEarlierEvent[kind] = max(h.lastEarlierEvent[kind], event.ID)
	}
}

// isFromEarlierRelease reports whether an earlier release can have made a version that has no
// digest and that no event names. An earlier release did so for the first version of a record
// that was older than the history, and for a record that was deleted or restored with its
// parent. afterSalted says that an earlier version of the record has a digest.
func (v *verification) isFromEarlierRelease(stored domain.Commitment, afterSalted bool) bool {
	h := &v.history
	if stored.Number < 1 {
		return false
	}
	if last, ok := h.lastEarlierEvent[stored.Record.Kind]; ok && (!afterSalted || last > h.firstCovered.ID) {
		return true
	}
	next := stored
	next.Number++
	_, changed := slices.BinarySearch(h.committed, v.fingerprint(next))
	return stored.Number == 1 && changed
}

// readPurged returns the records that were purged, according to events.
func (v *verification) readPurged(ctx context.Context) (map[domain.Reference]bool, error) {
	purges := allPages(minID, auditEventID, func(page domain.Page) ([]domain.AuditEvent, error) {
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

// examineHistory compares the stored versions with the commitments in events. A version and
// its event are committed together. So for each event that was read, the version is visible
// too, unless it was purged.
func (v *verification) examineHistory(ctx context.Context) error {
	if !v.eventsAreIntact() {
		return nil
	}
	slices.Sort(v.history.committed)
	v.history.found = make([]bool, len(v.history.committed))
	for after := (domain.VersionName{}); ; {
		stored, err := v.tx.Audit().ListCommitments(ctx, after, verifyPage)
		if err != nil {
			return err
		}
		if len(stored) == 0 {
			break
		}
		for _, commitment := range stored {
			v.examineVersion(commitment)
		}
		after = stored[len(stored)-1].VersionName
	}
	missing, err := v.findMissingVersions(ctx)
	if err != nil {
		return err
	}
	faults, err := v.missingFaults(ctx, missing)
	if err == nil {
		err = v.dropExplained(ctx)
	}
	if err != nil {
		return err
	}
	for _, commitment := range slices.Concat(v.history.inserted, v.history.unexplained) {
		if !slices.Contains(missing, commitment.VersionName) {
			faults = append(faults, domain.Fault{Problem: domain.VersionInserted, Version: commitment.VersionName})
		}
	}
	return v.report(faults...)
}

// examineVersion looks for an event that made a stored version.
func (v *verification) examineVersion(stored domain.Commitment) {
	h := &v.history
	isDuplicate, hasDigest := stored.VersionName == h.lastVersion, stored.Digest != [16]byte{}
	h.lastVersion = stored.VersionName
	if hasDigest {
		h.versions++
	} else {
		h.versionsWithoutDigest++
	}
	afterSalted := h.lastSaltedRecord == stored.Record
	if hasDigest {
		h.lastSaltedRecord = stored.Record
	}
	switch {
	case isDuplicate, h.purged[stored.Record]:
		h.inserted = append(h.inserted, stored)
	case v.markFound(stored), !hasDigest && v.isFromEarlierRelease(stored, afterSalted):
	default:
		h.unexplained = append(h.unexplained, stored)
	}
}

// markFound marks the commitment of a stored version as found. It returns false if no event
// has this commitment.
func (v *verification) markFound(stored domain.Commitment) bool {
	h := &v.history
	fingerprint := v.fingerprint(stored)
	at, _ := slices.BinarySearch(h.committed, fingerprint)
	for ; at < len(h.committed) && h.committed[at] == fingerprint; at++ {
		if !h.found[at] {
			h.found[at] = true
			return true
		}
	}
	return false
}

// dropExplained removes the versions from unexplained that an unsealed event has made. It reads
// the unsealed events again: an event that was not visible before, but whose version was read,
// is visible now.
func (v *verification) dropExplained(ctx context.Context) error {
	h := &v.history
	if len(h.unexplained) == 0 {
		return nil
	}
	explained := map[domain.Commitment]bool{}
	for event, err := range awaitedEvents(ctx, v.chain.LastSeal(), allEvents(v.tx)) {
		if err != nil {
			return err
		}
		if !v.isWritten(event) {
			continue
		}
		for _, commitment := range commitmentsOf(event) {
			h.addEarlierEvent(event, commitment)
			explained[commitment] = true
		}
	}
	h.unexplained = slices.DeleteFunc(h.unexplained, func(stored domain.Commitment) bool {
		next := stored
		next.Number++
		isOld := stored.Digest == [16]byte{}
		return explained[stored] || isOld && (v.isFromEarlierRelease(stored, true) || stored.Number == 1 && explained[next])
	})
	return nil
}

// findMissingVersions returns the names of versions that events have made and that the history
// does not have, or has with other contents, at most domain.MaxFaults of them. It reads the
// events again, because only they contain the names.
func (v *verification) findMissingVersions(ctx context.Context) (names []domain.VersionName, err error) {
	h := &v.history
	if !slices.ContainsFunc(h.committed, h.isMissing) {
		return nil, nil
	}
	purged, err := v.readPurged(ctx) // includes purges during the verification
	if err != nil {
		return nil, err
	}
	for event, err := range allPages(minID, auditEventID, func(page domain.Page) ([]domain.AuditEvent, error) { return allEvents(v.tx)(ctx, page) }) {
		if err != nil {
			return nil, err
		}
		for _, commitment := range commitmentsOf(event) {
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

// isMissing reports whether the fingerprint belongs to a commitment in an event and to no
// stored version.
func (h *versionEvidence) isMissing(fingerprint uint64) bool {
	at, found := slices.BinarySearch(h.committed, fingerprint)
	for ; found && at < len(h.committed) && h.committed[at] == fingerprint; at++ {
		if h.found[at] { // An inserted event can have copied the commitment of another event.
			return false
		}
	}
	return found
}

// missingFaults returns a fault for each version: VersionChanged if the history has a version
// of this name, VersionRemoved if it has none.
func (v *verification) missingFaults(ctx context.Context, names []domain.VersionName) (faults []domain.Fault, err error) {
	for _, name := range names {
		before := name
		before.Number--
		stored, err := v.tx.Audit().ListCommitments(ctx, before, 1)
		if err != nil {
			return nil, err
		}
		fault := domain.Fault{Problem: domain.VersionRemoved, Version: name}
		if len(stored) > 0 && stored[0].VersionName == name {
			fault.Problem = domain.VersionChanged
		}
		faults = append(faults, fault)
	}
	return faults, nil
}

// isInserted reports whether the event was reported as EventInserted.
func (v *verification) isInserted(event domain.AuditEvent) bool {
	return slices.ContainsFunc(v.faults, func(fault domain.Fault) bool {
		return fault.Problem == domain.EventInserted && fault.Event == event.ID
	})
}
