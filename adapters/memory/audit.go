package memory

import (
	"context"
	"iter"
	"math"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type audit struct{ tx *tx }

func (r audit) Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	for _, event := range events {
		event = cloneEvent(event)
		event.ID = s.events.nextID()
		event.At = ports.ToMicroseconds(event.At)
		event.Actor.Duty, event.Actor.SecondFactor = domain.NoDuty, false
		event.Actor.Origin.Device = ""
		event.Evidence = attest(event)
		s.events.set(event.ID, event)
		for reference := range recordsOf(event) {
			s.byRecord = s.byRecord.set(domain.Mention{Record: reference, Event: event.ID}, struct{}{})
		}
	}
	return nil
}

func (r audit) ListEvidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
	events, err := r.List(ctx, domain.AuditFilter{}, page)
	for i, event := range events {
		events[i] = domain.AuditEvent{ID: event.ID, Evidence: event.Evidence}
	}
	return events, err
}

func (r audit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	filter.From, filter.To = ports.ToMicroseconds(filter.From), ports.ToMicroseconds(filter.To)
	list := []domain.AuditEvent{}
	for event := range s.eventsAbout(filter.Record, page.After, filter.NewestFirst) {
		if len(list) >= page.Limit {
			break
		}
		if matches(event, filter) {
			list = append(list, cloneEvent(event))
		}
	}
	return list, nil
}

func (r audit) ListMentions(ctx context.Context, after domain.Mention, limit int) ([]domain.Mention, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	list := []domain.Mention{}
	for _, event := range s.events.rows.after(after.Event - 1) { // The order is that of the events.
		for _, mention := range event.Mentions() {
			if len(list) == limit {
				return list, nil
			}
			if mention.Event > after.Event || mention.Compare(after) > 0 {
				list = append(list, mention)
			}
		}
	}
	return list, nil
}

func (r audit) ListCommitments(ctx context.Context, after domain.VersionName, limit int) ([]domain.Commitment, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	list := []domain.Commitment{}
	reached := after == domain.VersionName{}
	for _, known := range domain.RecordKinds() {
		var from domain.VersionName
		if known.Kind == after.Record.Kind {
			reached, from = true, after
		}
		if !reached {
			continue
		}
		for commitment := range s.archiveOf(known.Kind).commitments(from.Record.ID, from.Number) {
			if len(list) == limit {
				return list, nil
			}
			list = append(list, commitment)
		}
	}
	return list, nil
}

// eventsAbout iterates over the events about the record with IDs above after, or over all
// events if record is zero. With newestFirst it iterates in descending order of ID over
// the events below after, or over all if after is 0.
func (s *state) eventsAbout(record domain.Reference, after domain.ID, newestFirst bool) iter.Seq[domain.AuditEvent] {
	all, byRecord := s.events.rows.after, s.byRecord.after
	if newestFirst {
		all, byRecord = s.events.rows.before, s.byRecord.before
		if after == 0 {
			after = math.MaxInt64
		}
	}
	return func(yield func(domain.AuditEvent) bool) {
		if record == (domain.Reference{}) {
			for _, event := range all(after) {
				if !yield(event) {
					return
				}
			}
			return
		}
		for key := range byRecord(domain.Mention{Record: record, Event: after}) {
			event, _ := s.events.rows.get(key.Event)
			if key.Record != record || !yield(event) {
				return
			}
		}
	}
}

// matches reports whether the event matches filter, apart from the record that it is about.
func matches(event domain.AuditEvent, filter domain.AuditFilter) bool {
	return (filter.Actor == 0 || filter.Actor == event.Actor.UserID) &&
		(filter.Action == "" || filter.Action == event.Action) &&
		(filter.Outcome == "" || filter.Outcome == event.Outcome) &&
		(filter.From.IsZero() || !event.At.Before(filter.From)) &&
		(filter.To.IsZero() || event.At.Before(filter.To))
}

// recordsOf iterates over the records under which the event is found.
func recordsOf(event domain.AuditEvent) iter.Seq[domain.Reference] {
	return func(yield func(domain.Reference) bool) {
		if event.Subject.ID != 0 && !yield(domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}) {
			return
		}
		for _, id := range event.IndexedIDs() {
			if !yield(domain.Reference{Kind: event.Subject.Kind, ID: id}) {
				return
			}
		}
		for _, reference := range event.Related {
			if !yield(reference) {
				return
			}
		}
	}
}

// cloneEvent returns the event with copies of its slices.
func cloneEvent(event domain.AuditEvent) domain.AuditEvent {
	event.Subject.Shown = slices.Clone(event.Subject.Shown)
	event.Related = slices.Clone(event.Related)
	event.Commitments = slices.Clone(event.Commitments)
	return event
}
