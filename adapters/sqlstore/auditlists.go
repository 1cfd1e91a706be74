package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	// Each of the three ways to an event has an index in which its IDs are in order,
	// and is followed for a page only, however much there is about the record. A block also
	// leads to events that showed others of its records. Sub-selects look each event up;
	// PostgreSQL would join by going through all events. The verbs stand for a condition on
	// audit_events, and for the parameters of the record, of its block, and of the IDs
	// among which an event that showed the record has that of the record.
	eventsAbout = `id IN (` + eventsOnRecord + `
			UNION
			SELECT event_id FROM (
				SELECT event_id
				FROM audit_about
				WHERE record = $%[3]d AND event_id > $1 AND event_id <= $3
					AND (SELECT %[1]s AND ',' || (data ->> 'shown') || ',' LIKE $%[4]d FROM audit_events WHERE id = event_id)
				ORDER BY record, event_id
				LIMIT $2
			) AS showing_it
		)`
	// eventsOnRecord are the two of the ways on which every event is about the record.
	eventsOnRecord = `
			SELECT id FROM (
				SELECT id
				FROM audit_events
				WHERE %[1]s AND subject = $%[2]d
				ORDER BY subject, id
				LIMIT $2
			) AS on_the_record
			UNION
			SELECT event_id FROM (
				SELECT event_id
				FROM audit_about
				WHERE record = $%[2]d AND event_id > $1 AND event_id <= $3
					AND (SELECT %[1]s FROM audit_events WHERE id = event_id)
				ORDER BY record, event_id
				LIMIT $2
			) AS mentioning_it`
	// lastOnRecord is the last event of a page that these two fill; nothing if they do not.
	// The third verb stands for the order, the fourth for the parameter of how many come before.
	lastOnRecord = `SELECT id FROM (` + eventsOnRecord + `
		) AS on_it ORDER BY %[3]s LIMIT 1 OFFSET $%[4]d`
	notAllowed   = ` AND data ->> 'outcome' <> 'allowed'`
	firstInstant = `SELECT at FROM audit_events WHERE at >= $1 ORDER BY at LIMIT 1`
	lastInstant  = `SELECT at FROM audit_events WHERE at < $1 ORDER BY at DESC LIMIT 1`
	// A sum, or PostgreSQL would go through all IDs for the first one with such a time.
	lowestID  = `SELECT COALESCE(MIN(id + 0), 9223372036854775807) FROM audit_events WHERE at >= $1 AND at < $2`
	highestID = `SELECT COALESCE(MAX(id + 0), -9223372036854775807) FROM audit_events WHERE at > $1 AND at <= $2`
)

// newestFirst turns round the order of the pages of IDs in eventsAbout.
var newestFirst = strings.NewReplacer(
	`ORDER BY subject, id`, `ORDER BY subject DESC, id DESC`,
	`ORDER BY record, event_id`, `ORDER BY record DESC, event_id DESC`,
)

// inOrder returns query with the pages of IDs in it in the order of the list.
func inOrder(filter domain.AuditFilter, query string) string {
	if filter.NewestFirst {
		return newestFirst.Replace(query)
	}
	return query
}

func (s audit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	after, through, err := s.bounds(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	// As with mappings, each combination has a text of its own, and a plan.
	lead, where, order := `id > $1 AND id <= $3`, ``, `id`
	if page.After > 0 && filter.NewestFirst {
		through = min(through, page.After-1)
	} else {
		after = max(after, page.After)
	}
	args := []any{after, page.Limit, through}
	parameter := func(value any) int {
		args = append(args, value)
		return len(args)
	}
	narrow := func(condition string, value any) {
		where += ` AND ` + condition + ` $` + strconv.Itoa(parameter(value))
	}
	if !filter.From.IsZero() {
		narrow(`at >=`, ports.ToMicroseconds(filter.From))
	}
	if !filter.To.IsZero() {
		narrow(`at <`, ports.ToMicroseconds(filter.To))
	}
	isAbout := filter.Record != domain.Reference{}
	isLed := isAbout
	// The first filter with an index leads to the events.
	is := func(column string, value any, hasIndex bool) {
		if isLed || !hasIndex {
			narrow(column+` =`, value)
			return
		}
		isLed = true
		lead, order = s.engine.EventsOf(column, `$`+strconv.Itoa(parameter(value)))
	}
	if filter.Outcome != "" {
		few := filter.Outcome != domain.Allowed
		if few && !isLed {
			where += notAllowed
		}
		is(`data ->> 'outcome'`, string(filter.Outcome), few)
	}
	if filter.Actor != 0 {
		is(`actor_id`, filter.Actor, true)
	}
	if filter.Action != "" {
		is(`data ->> 'action'`, string(filter.Action), true)
	}
	where = lead + where
	if filter.NewestFirst {
		order = strings.ReplaceAll(order, `,`, ` DESC,`) + ` DESC`
	}
	if isAbout {
		record := parameter(referenceText(filter.Record))
		// The block is not followed beyond the page, or each page would look at all that its
		// neighbours were shown in later.
		query := inOrder(filter, fmt.Sprintf(lastOnRecord, where, record, order, len(args)+1))
		last, err := entities[idRow](ctx, s.querier, query, append(slices.Clone(args), max(page.Limit-1, 0))...)
		if err != nil {
			return nil, err
		}
		if len(last) > 0 && filter.NewestFirst {
			args[0] = last[0] - 1
		} else if len(last) > 0 {
			args[2] = last[0]
		}
		where = fmt.Sprintf(eventsAbout, where, record,
			parameter(blockText(domain.BlockOf(filter.Record))), parameter("%,"+filter.Record.ID.String()+",%"))
	}
	return entities[eventRow](ctx, s.querier, selectEvents+inOrder(filter, where)+` ORDER BY `+order+` LIMIT $2`, args...)
}

// bounds returns IDs above and up to which all events are that filter keeps by their
// times, so that nobody has to go through the others. They are those of the events
// within ports.MaxDisorder of the first and of the last of those times. Who goes on from
// a page has passed the first of them already, in the order of the list.
func (s audit) bounds(ctx context.Context, filter domain.AuditFilter, page domain.Page) (after, through domain.ID, err error) {
	after, through = math.MinInt64, math.MaxInt64
	begins := page.After <= 0
	if !filter.From.IsZero() && (begins || filter.NewestFirst) {
		first, err := s.instant(ctx, firstInstant, filter.From)
		if err != nil {
			return after, through, err
		}
		// Where there is none, all are below it.
		if err := s.get(ctx, &after, lowestID, first, first.Add(ports.MaxEventSkew)); err != nil {
			return after, through, err
		}
		after--
	}
	if !filter.To.IsZero() && (begins || !filter.NewestFirst) {
		last, err := s.instant(ctx, lastInstant, filter.To)
		if err != nil {
			return after, through, err
		}
		err = s.get(ctx, &through, highestID, last.Add(-ports.MaxEventSkew), last)
		return after, through, err
	}
	return after, through, nil
}

// instant returns a time that query finds beside at; at itself when there is none.
func (s audit) instant(ctx context.Context, query string, at time.Time) (time.Time, error) {
	at = ports.ToMicroseconds(at)
	var found anyInstant
	err := s.get(ctx, &found, query, at)
	if domain.KindOf(err) == domain.NotFound {
		return at, nil
	}
	return found.Time, err
}
