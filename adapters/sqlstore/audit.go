package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"net/netip"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var (
	insertEvents   = forRows(`INSERT INTO audit_events (id, at, actor_id, subject, evidence, data) VALUES`, 6, ``)
	insertMentions = forRows(`INSERT INTO audit_about (record, event_id) VALUES`, 2, ``)
)

const (
	selectEvents = `
		SELECT id, at, COALESCE(actor_id, 0) AS actor_id, COALESCE(subject, '') AS subject, evidence, COALESCE(CAST(data AS TEXT), '') AS data
		FROM audit_events
		WHERE `
	selectEvidence = `
		SELECT id, evidence
		FROM audit_events
		WHERE id > $1
		ORDER BY id
		LIMIT $2`
	selectMentions = `
		SELECT record, event_id
		FROM audit_about
		WHERE (record, event_id) > ($1, $2)
		ORDER BY record, event_id
		LIMIT $3`
)

type eventRow struct {
	ID       domain.ID      `db:"id"`
	At       lenientInstant `db:"at"`
	ActorID  domain.ID      `db:"actor_id"`
	Subject  reference      `db:"subject"`
	Evidence evidenceRow    `db:"evidence"`
	Data     string         `db:"data"`
}

// eventData holds the fields without a column. It is stored as JSON in the column data.
type eventData struct {
	Role      domain.Role       `json:"role,omitempty"`
	Session   domain.ID         `json:"session,omitempty"`
	Address   netip.Addr        `json:"address,omitzero"`
	RequestID string            `json:"request_id,omitempty"`
	Action    domain.Permission `json:"action"`
	Outcome   domain.Outcome    `json:"outcome"`
	// Shown is nil unless the event is about a list.
	Shown   *idList       `json:"shown,omitempty"`
	Version int           `json:"version,omitempty"`
	About   referenceList `json:"about,omitempty"`
	// Add new members at the end, with omitempty: entity encodes a stored event again and
	// compares the text, so the encoding of older events must not change.
	Seal        domain.ID      `json:"seal,omitempty"`
	Form        int            `json:"form,omitempty"`
	Commitments commitmentList `json:"commitments,omitempty"`
}

// entity gives the event invalid evidence if the row is not what the store would write
// for it. A row that means the same in another notation is invalid too, because a
// search might not find it.
func (r eventRow) entity() domain.AuditEvent {
	var data eventData
	_ = json.Unmarshal([]byte(r.Data), &data) // What Unmarshal cannot read fails the comparison below.
	subject := r.Subject.parse()
	event := domain.AuditEvent{
		ID: r.ID,
		At: r.At.Time,
		Actor: domain.Actor{
			UserID:    r.ActorID,
			Role:      data.Role,
			SessionID: data.Session,
			Origin:    domain.Origin{Address: data.Address, RequestID: data.RequestID},
		},
		Action:      data.Action,
		Subject:     domain.Subject{Kind: subject.Kind, ID: subject.ID},
		Outcome:     data.Outcome,
		Version:     data.Version,
		Related:     data.About.references(),
		Format:      data.Form,
		Commitments: data.Commitments.commitments(),
		Seal:        data.Seal,
		Evidence:    r.Evidence.Evidence,
	}
	if data.Shown != nil {
		event.Subject.Shown = data.Shown.ids()
	}
	if r.Data != dataOf(event) || r.Subject != subjectOf(event) {
		event.Evidence = invalidEvidence
	}
	return event
}

// audit implements ports.Audit.
type audit struct{ *querier }

func (s audit) Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error {
	if s.tx == nil {
		return errWriteInView
	}
	if len(events) == 0 {
		return nil
	}
	ids, err := s.nextIDs(ctx, len(events))
	if err != nil {
		return err
	}
	stored, mentions := make([]domain.AuditEvent, len(events)), []domain.Mention{}
	for i, event := range events {
		event = asStored(event)
		event.ID = ids[i]
		event.Evidence = attest(event)
		stored[i] = event
		mentions = append(mentions, event.Mentions()...)
	}
	if s.engine.InsertEvents != "" {
		return s.changeAny(ctx, s.engine.InsertEvents, eventArrays(s.engine.Array, stored, mentions)...)
	}
	if err := changeRows(ctx, s.querier, insertEvents, stored, eventValues); err != nil {
		return err
	}
	return changeRows(ctx, s.querier, insertMentions, mentions, mentionValues)
}

// nextIDs returns IDs for n new events, in ascending order.
func (s audit) nextIDs(ctx context.Context, n int) ([]domain.ID, error) {
	taken := s.eventID
	s.eventID = 0
	if taken != 0 && n == 1 {
		return []domain.ID{taken}, nil
	}
	ids, err := entities[idRow](ctx, s.querier, s.engine.NextEventIDs, n)
	if err != nil {
		return nil, err
	}
	for len(ids) < n {
		ids = append(ids, ids[len(ids)-1]+1)
	}
	return ids, nil
}

// eventArrays returns the columns of the events and mentions as the arguments of
// Engine.InsertEvents.
func eventArrays(array func(any) driver.Valuer, events []domain.AuditEvent, mentions []domain.Mention) []any {
	n := len(events)
	ids, actors, times := make([]int64, n), make([]int64, n), make([]string, n)
	subjects, data, evidence := make([]string, n), make([]string, n), make([][]byte, n)
	for i, event := range events {
		ids[i], actors[i], times[i] = int64(event.ID), int64(event.Actor.UserID), event.At.Format(time.RFC3339Nano)
		subjects[i], data[i] = string(subjectOf(event)), dataOf(event)
		evidence[i] = slices.Concat(event.Evidence.Hash[:], event.Evidence.MAC[:])
	}
	records, eventIDs := make([]string, len(mentions)), make([]int64, len(mentions))
	for i, mention := range mentions {
		records[i], eventIDs[i] = mentionText(mention), int64(mention.Event)
	}
	return []any{array(ids), array(times), array(actors), array(subjects), array(evidence), array(data), array(records), array(eventIDs)}
}

// asStored returns the event as a later read will return it.
func asStored(event domain.AuditEvent) domain.AuditEvent {
	event.At = ports.ToMicroseconds(event.At)
	event.Actor.Duty, event.Actor.SecondFactor = domain.NoDuty, false
	event.Actor.Origin.Device = ""
	return event
}

func eventValues(event domain.AuditEvent) []any {
	return []any{
		event.ID, event.At, numberOrNull(event.Actor.UserID), string(subjectOf(event)),
		slices.Concat(event.Evidence.Hash[:], event.Evidence.MAC[:]), dataOf(event),
	}
}

func subjectOf(event domain.AuditEvent) reference {
	if event.Subject.ID == 0 {
		return reference(event.Subject.Kind)
	}
	return reference(referenceText(domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}))
}

func dataOf(event domain.AuditEvent) string {
	data := eventData{
		Role:        event.Actor.Role,
		Session:     event.Actor.SessionID,
		Address:     event.Actor.Origin.Address,
		RequestID:   event.Actor.Origin.RequestID,
		Action:      event.Action,
		Outcome:     event.Outcome,
		Version:     event.Version,
		About:       referenceList(joinTexts(event.Related, referenceText)),
		Seal:        event.Seal,
		Form:        event.Format,
		Commitments: commitmentList(joinTexts(event.Commitments, commitmentText)),
	}
	if event.Subject.Shown != nil {
		shown := idList(joinTexts(event.Subject.Shown, domain.ID.String))
		data.Shown = &shown
	}
	text, _ := json.Marshal(data) // Strings and numbers can always be encoded.
	return string(text)
}

func mentionValues(m domain.Mention) []any { return []any{mentionText(m), m.Event} }

func (s audit) ListEvidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
	return entities[evidenceOnlyRow](ctx, s.querier, selectEvidence, page.After, page.Limit)
}

func (s audit) ListMentions(ctx context.Context, after domain.Mention, limit int) ([]domain.Mention, error) {
	record := ""
	if after != (domain.Mention{}) {
		record = mentionText(after)
	}
	return entities[mentionRow](ctx, s.querier, selectMentions, record, after.Event, limit)
}

type mentionRow struct {
	Record reference `db:"record"`
	Event  domain.ID `db:"event_id"`
}

func (r mentionRow) entity() domain.Mention {
	if block, ok := r.Record.parseBlock(); ok {
		return domain.Mention{Record: block, IsBlock: true, Event: r.Event}
	}
	return domain.Mention{Record: r.Record.parse(), Event: r.Event}
}

func mentionText(m domain.Mention) string {
	if m.IsBlock {
		return blockText(m.Record)
	}
	return referenceText(m.Record)
}

type evidenceOnlyRow struct {
	ID       domain.ID   `db:"id"`
	Evidence evidenceRow `db:"evidence"`
}

func (r evidenceOnlyRow) entity() domain.AuditEvent {
	return domain.AuditEvent{ID: r.ID, Evidence: r.Evidence.Evidence}
}

// evidenceRow is a column that holds a hash followed by a MAC, or no bytes.
type evidenceRow struct{ domain.Evidence }

// Scan implements sql.Scanner. A value of any other length becomes invalid evidence.
func (e *evidenceRow) Scan(stored any) error {
	bytes, _ := stored.([]byte)
	e.Evidence = domain.Evidence{}
	switch len(bytes) {
	case 0:
	case len(e.Hash) + len(e.MAC):
		copy(e.MAC[:], bytes[copy(e.Hash[:], bytes):])
	default:
		e.Evidence = invalidEvidence
	}
	return nil
}

// invalidEvidence matches no event.
var invalidEvidence = domain.Evidence{Hash: domain.Hash{1}}
