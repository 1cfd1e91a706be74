package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var (
	insertEvents = insertingRows(`
		INSERT INTO audit_events (at, actor_id, actor_role, session_id, address, request_id,
			action, subject_kind, subject_id, shown, outcome, version, about)
		VALUES`, 13, ` RETURNING id`)
	insertMentions = insertingRows(`INSERT INTO audit_about (kind, record_id, event_id) VALUES`, 3, ``)
)

const (
	selectEvents = `
		SELECT id, at, COALESCE(actor_id, 0) AS actor_id, actor_role, COALESCE(session_id, 0) AS session_id,
			address, request_id, action, subject_kind, COALESCE(subject_id, 0) AS subject_id, shown, outcome,
			COALESCE(version, 0) AS version, about
		FROM audit_events
		WHERE `
	// Each of the two ways to an event has an index in which its IDs are in order,
	// and is followed for a page only, however much there is about the record. The verbs
	// stand for a condition on audit_events, and for the parameters of the record.
	eventsAbout = `id IN (
			SELECT id FROM (
				SELECT id
				FROM audit_events
				WHERE %[1]s AND subject_kind = $%[2]d AND subject_id = $%[3]d
				ORDER BY subject_kind, subject_id, id
				LIMIT $2
			) AS on_the_record
			UNION
			SELECT event_id FROM (
				SELECT event_id
				FROM audit_about JOIN audit_events ON id = event_id
				WHERE %[1]s AND event_id > $1 AND kind = $%[2]d AND record_id = $%[3]d
				ORDER BY kind, record_id, event_id
				LIMIT $2
			) AS mentioning_it
		)`
)

type eventRow struct {
	ID          domain.ID          `db:"id"`
	At          instant            `db:"at"`
	ActorID     domain.ID          `db:"actor_id"`
	ActorRole   domain.Role        `db:"actor_role"`
	SessionID   domain.ID          `db:"session_id"`
	Address     string             `db:"address"`
	RequestID   string             `db:"request_id"`
	Action      domain.Permission  `db:"action"`
	SubjectKind domain.SubjectKind `db:"subject_kind"`
	SubjectID   domain.ID          `db:"subject_id"`
	Shown       sql.Null[idList]   `db:"shown"`
	Outcome     domain.Outcome     `db:"outcome"`
	Version     int                `db:"version"`
	About       referenceList      `db:"about"`
}

func (r eventRow) entity() domain.AuditEvent {
	address, _ := netip.ParseAddr(r.Address) // The zero Addr for no text; any other text came from an Addr.
	event := domain.AuditEvent{
		ID: r.ID,
		At: r.At.Time,
		Actor: domain.Actor{
			UserID:    r.ActorID,
			Role:      r.ActorRole,
			SessionID: r.SessionID,
			Origin:    domain.Origin{Address: address, RequestID: r.RequestID},
		},
		Action:  r.Action,
		Subject: domain.Subject{Kind: r.SubjectKind, ID: r.SubjectID},
		Outcome: r.Outcome,
		Version: r.Version,
		About:   r.About.references(),
	}
	if r.Shown.Valid {
		event.Subject.Shown = r.Shown.V.ids()
	}
	return event
}

// audit implements ports.Audit.
type audit struct{ *querier }

func (s audit) Add(ctx context.Context, events ...domain.AuditEvent) error {
	if s.tx == nil {
		return errWriteInView
	}
	var mentions []mention
	for batch := range batches(events) {
		var values []any
		for _, event := range batch {
			values = append(values, eventValues(event)...)
		}
		ids, err := entities[idRow](ctx, s.querier, insertEvents.text(len(batch)), values...)
		if err != nil {
			return err
		}
		slices.Sort(ids) // RETURNING has no order; the rows of VALUES get theirs in order.
		for i, event := range batch {
			mentions = append(mentions, mentionsIn(event, ids[i])...)
		}
	}
	// In the order of the index, and each once.
	slices.SortFunc(mentions, compareMentions)
	for batch := range batches(slices.Compact(mentions)) {
		var values []any
		for _, m := range batch {
			values = append(values, string(m.Kind), m.ID, m.event)
		}
		if err := s.change(ctx, insertMentions.text(len(batch)), values...); err != nil {
			return err
		}
	}
	return nil
}

func eventValues(event domain.AuditEvent) []any {
	address, _ := event.Actor.Origin.Address.MarshalText() // Empty for the zero Addr, and never an error.
	var shown any
	if event.Subject.Shown != nil {
		shown = joined(event.Subject.Shown, domain.ID.String)
	}
	return []any{
		ports.Kept(event.At),
		numberOrNull(event.Actor.UserID), string(event.Actor.Role), numberOrNull(event.Actor.SessionID),
		string(address), event.Actor.Origin.RequestID,
		string(event.Action), string(event.Subject.Kind), numberOrNull(event.Subject.ID), shown,
		string(event.Outcome), numberOrNull(event.Version), joined(event.About, referenceText),
	}
}

// mention is a row of audit_about.
type mention struct {
	domain.Reference
	event domain.ID
}

func compareMentions(a, b mention) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID), cmp.Compare(a.event, b.event))
}

// mentionsIn returns what leads to the event beside its subject.
func mentionsIn(event domain.AuditEvent, id domain.ID) []mention {
	var mentions []mention
	for _, shown := range event.Indexed() {
		mentions = append(mentions, mention{domain.Reference{Kind: event.Subject.Kind, ID: shown}, id})
	}
	for _, record := range event.About {
		mentions = append(mentions, mention{record, id})
	}
	return mentions
}

func (s audit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	// As with mappings, each combination has a text of its own, and a plan.
	where, args := `id > $1`, []any{page.After, page.Limit}
	narrow := func(condition string, value any) {
		args = append(args, value)
		where += ` AND ` + condition + ` $` + strconv.Itoa(len(args))
	}
	if filter.Actor != 0 {
		narrow(`actor_id =`, filter.Actor)
	}
	if filter.Action != "" {
		narrow(`action =`, string(filter.Action))
	}
	if filter.Outcome != "" {
		narrow(`outcome =`, string(filter.Outcome))
	}
	if !filter.From.IsZero() {
		narrow(`at >=`, ports.Kept(filter.From))
	}
	if !filter.To.IsZero() {
		narrow(`at <`, ports.Kept(filter.To))
	}
	if filter.About != (domain.Reference{}) {
		args = append(args, string(filter.About.Kind), filter.About.ID)
		where = fmt.Sprintf(eventsAbout, where, len(args)-1, len(args))
	}
	return entities[eventRow](ctx, s.querier, selectEvents+where+` ORDER BY id LIMIT $2`, args...)
}

// referenceList is references as one column: "patient:5,doctor:7".
type referenceList string

func (l referenceList) references() []domain.Reference {
	var references []domain.Reference
	for text := range strings.SplitSeq(string(l), ",") {
		if kind, id, ok := strings.Cut(text, ":"); ok {
			n, _ := strconv.ParseInt(id, 10, 64) // referenceText wrote it.
			references = append(references, domain.Reference{Kind: domain.SubjectKind(kind), ID: domain.ID(n)})
		}
	}
	return references
}

func referenceText(r domain.Reference) string { return string(r.Kind) + ":" + r.ID.String() }

func joined[T any](list []T, text func(T) string) string {
	texts := make([]string, len(list))
	for i, item := range list {
		texts[i] = text(item)
	}
	return strings.Join(texts, ",")
}
