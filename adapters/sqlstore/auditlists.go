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
	// eventsAbout selects the IDs of the events about a record, in three ways: by their
	// subject, by a mention of the record, and by a mention of its block. Each way reads one
	// page of an index that is ordered by event ID, however many events there are. A block
	// also leads to events that showed only other records of it, so these are filtered by
	// the list of shown IDs. Sub-selects look each event up; for a join, PostgreSQL would
	// read all events.
	//
	// Verb 1 is the condition on audit_events. Verbs 2 to 4 are the numbers of the parameters
	// that hold the record, its block, and the pattern that the shown IDs must match.
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
	// eventsOnRecord holds the first two of these ways, in which every event is about the record.
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
	// lastOnRecord selects the last event of a page that eventsOnRecord fills, and no row if
	// it does not fill the page. Verb 3 is the order, and verb 4 the number of the parameter
	// that holds how many events come before the last one.
	lastOnRecord = `SELECT id FROM (` + eventsOnRecord + `
		) AS on_it ORDER BY %[3]s LIMIT 1 OFFSET $%[4]d`
	notAllowed   = ` AND data ->> 'outcome' <> 'allowed'`
	firstInstant = `SELECT at FROM audit_events WHERE at >= $1 ORDER BY at LIMIT 1`
	lastInstant  = `SELECT at FROM audit_events WHERE at < $1 ORDER BY at DESC LIMIT 1`
	// "id + 0" keeps PostgreSQL from scanning the primary key for the first such event.
	lowestID  = `SELECT COALESCE(MIN(id + 0), 9223372036854775807) FROM audit_events WHERE at >= $1 AND at < $2`
	highestID = `SELECT COALESCE(MAX(id + 0), -9223372036854775807) FROM audit_events WHERE at > $1 AND at <= $2`
)

// newestFirst reverses the order of the pages of IDs in eventsAbout.
var newestFirst = strings.NewReplacer(
	`ORDER BY subject, id`, `ORDER BY subject DESC, id DESC`,
	`ORDER BY record, event_id`, `ORDER BY record DESC, event_id DESC`,
)

// withOrder returns query with its pages of IDs in the order of the list.
func withOrder(filter domain.AuditFilter, query string) string {
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
	// As with mappings, each combination of filters is a statement of its own.
	idRange, where, order := `id > $1 AND id <= $3`, ``, `id`
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
	addCondition := func(condition string, value any) {
		where += ` AND ` + condition + ` $` + strconv.Itoa(parameter(value))
	}
	if !filter.From.IsZero() {
		addCondition(`at >=`, ports.ToMicroseconds(filter.From))
	}
	if !filter.To.IsZero() {
		addCondition(`at <`, ports.ToMicroseconds(filter.To))
	}
	isAbout := filter.Record != domain.Reference{}
	isOrdered := isAbout
	// The first filter that has an index determines the condition on the IDs and the order.
	equals := func(column string, value any, hasIndex bool) {
		if isOrdered || !hasIndex {
			addCondition(column+` =`, value)
			return
		}
		isOrdered = true
		idRange, order = s.engine.EventRange(column, `$`+strconv.Itoa(parameter(value)))
	}
	if filter.Outcome != "" {
		isRare := filter.Outcome != domain.Allowed
		if isRare && !isOrdered {
			where += notAllowed
		}
		equals(`data ->> 'outcome'`, string(filter.Outcome), isRare)
	}
	if filter.Actor != 0 {
		equals(`actor_id`, filter.Actor, true)
	}
	if filter.Action != "" {
		equals(`data ->> 'action'`, string(filter.Action), true)
	}
	where = idRange + where
	if filter.NewestFirst {
		order = strings.ReplaceAll(order, `,`, ` DESC,`) + ` DESC`
	}
	if isAbout {
		record := parameter(referenceText(filter.Record))
		// Read the block only up to the last event of the page. Otherwise each page would
		// look up every later event that showed another record of the block.
		query := withOrder(filter, fmt.Sprintf(lastOnRecord, where, record, order, len(args)+1))
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
	return entities[eventRow](ctx, s.querier, selectEvents+withOrder(filter, where)+` ORDER BY `+order+` LIMIT $2`, args...)
}

// bounds returns the range of IDs, above after and up to through, that holds every event
// within the times of filter, so that the list reads no others. It finds the range from
// the events within ports.MaxEventSkew of the first and of the last of these times. A page
// that continues a list needs only the bound at the end of the list: its cursor is
// already past the other one.
func (s audit) bounds(ctx context.Context, filter domain.AuditFilter, page domain.Page) (after, through domain.ID, err error) {
	after, through = math.MinInt64, math.MaxInt64
	begins := page.After <= 0
	if !filter.From.IsZero() && (begins || filter.NewestFirst) {
		first, err := s.instant(ctx, firstInstant, filter.From)
		if err != nil {
			return after, through, err
		}
		// Without such an event, lowestID gives a number above all IDs.
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

// instant returns the time that query selects: that of the event next to at, before or after it.
// If there is no such event, it returns at.
func (s audit) instant(ctx context.Context, query string, at time.Time) (time.Time, error) {
	at = ports.ToMicroseconds(at)
	var found lenientInstant
	err := s.get(ctx, &found, query, at)
	if domain.KindOf(err) == domain.NotFound {
		return at, nil
	}
	return found.Time, err
}
