package sqlstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

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
	// Verb 1 is the condition on audit_events. Verbs 2 to 4 are the parameters that hold the
	// record, its block, and the pattern that the shown IDs must match.
	eventsAbout = `id IN (` + eventsOnRecord + `
			UNION
			SELECT event_id FROM (
				SELECT event_id
				FROM audit_about
				WHERE record = %[3]s AND event_id > $1 AND event_id <= $3
					AND (SELECT %[1]s AND ` + showing + ` LIKE %[4]s FROM audit_events WHERE id = event_id)
				ORDER BY record, event_id
				LIMIT $2
			) AS showing_it
		)`
	// showing holds the shown IDs of an event between commas.
	showing = `',' || (data ->> 'shown') || ','`
	// eventsOnRecord holds the first two of these ways, in which every event is about the record.
	eventsOnRecord = `
			SELECT id FROM (
				SELECT id
				FROM audit_events
				WHERE %[1]s AND subject = %[2]s
				ORDER BY subject, id
				LIMIT $2
			) AS on_the_record
			UNION
			SELECT event_id FROM (
				SELECT event_id
				FROM audit_about
				WHERE record = %[2]s AND event_id > $1 AND event_id <= $3
					AND (SELECT %[1]s FROM audit_events WHERE id = event_id)
				ORDER BY record, event_id
				LIMIT $2
			) AS mentioning_it`
	// lastOnRecord selects the last event of a page that eventsOnRecord fills, and no row if
	// it does not fill the page. Verb 3 is the order, and verb 4 the parameter that holds how
	// many events come before the last one.
	lastOnRecord = `SELECT id FROM (` + eventsOnRecord + `
		) AS on_it ORDER BY %[3]s LIMIT 1 OFFSET %[4]s`
	// isAboutRecord is the condition of eventsAbout for one event that another index found.
	// Its verbs are those of eventsAbout from the second on.
	isAboutRecord = `(subject = %[1]s
			OR (SELECT event_id FROM audit_about WHERE record = %[1]s AND event_id = audit_events.id) IS NOT NULL
			OR (SELECT event_id FROM audit_about WHERE record = %[2]s AND event_id = audit_events.id) IS NOT NULL AND ` + showing + ` LIKE %[3]s)`
	// countAbout counts the events that eventsAbout looks at, up to $2 in each of the three ways.
	countAbout = `SELECT
			(SELECT count(*) FROM (SELECT 1 FROM audit_events WHERE subject = %[1]s AND id > $1 AND id <= $3 LIMIT $2) AS on_the_record) +
			(SELECT count(*) FROM (SELECT 1 FROM audit_about WHERE record = %[1]s AND event_id > $1 AND event_id <= $3 LIMIT $2) AS mentioning_it) +
			(SELECT count(*) FROM (SELECT 1 FROM audit_about WHERE record = %[2]s AND event_id > $1 AND event_id <= $3 LIMIT $2) AS showing_it)`
	notAllowed = ` AND data ->> 'outcome' <> 'allowed'`
)

// newestFirst reverses the order of the pages of IDs in eventsAbout.
var newestFirst = strings.NewReplacer(
	`ORDER BY subject, id`, `ORDER BY subject DESC, id DESC`,
	`ORDER BY record, event_id`, `ORDER BY record DESC, event_id DESC`,
)

// eventSearch is a query for events that is being built. Each combination of filters is a
// statement of its own. Its first three arguments are the ID after which the events begin,
// the number of events, and the ID through which they go.
type eventSearch struct {
	args  []any
	where string
}

func newEventSearch(after domain.ID, limit int, through domain.ID) *eventSearch {
	return &eventSearch{args: []any{after, limit, through}}
}

// arg adds an argument and returns its placeholder.
func (e *eventSearch) arg(value any) string {
	e.args = append(e.args, value)
	return fmt.Sprintf("$%d", len(e.args))
}

// and adds a condition that compares an expression with a value.
func (e *eventSearch) and(condition string, value any) {
	e.where += ` AND ` + condition + ` ` + e.arg(value)
}

// eventIndex is an index that finds events in the order of their IDs: those that have the value
// in the column, or those about a record.
type eventIndex struct {
	column string
	value  any
	// extra is a condition that the index needs.
	extra  string
	record domain.Reference
}

// eventIndexes returns the indexes that can find the events of the filter, in order of preference.
func eventIndexes(filter domain.AuditFilter) (indexes []eventIndex) {
	if filter.Record != (domain.Reference{}) {
		indexes = append(indexes, eventIndex{record: filter.Record})
	}
	if filter.Outcome != "" && filter.Outcome != domain.Allowed {
		indexes = append(indexes, eventIndex{column: outcomeColumn, value: string(filter.Outcome), extra: notAllowed})
	}
	switch {
	case filter.Actor != 0 && filter.Action != "":
		indexes = append(indexes, eventIndex{column: actorActionColumn, value: filter.Actor.String() + " " + string(filter.Action)})
	case filter.Actor != 0:
		indexes = append(indexes, eventIndex{column: actorColumn, value: filter.Actor})
	case filter.Action != "":
		indexes = append(indexes, eventIndex{column: actionColumn, value: string(filter.Action)})
	}
	return indexes
}

// The columns are qualified, because ORDER BY takes an unqualified name for that of a column
// of the result, which has no index.
const (
	actorColumn   = `audit_events.actor_id`
	actionColumn  = `audit_events.data ->> 'action'`
	outcomeColumn = `audit_events.data ->> 'outcome'`
	// It is one expression, so that no engine takes the index on only one of the two.
	actorActionColumn = `CAST(audit_events.actor_id AS text) || ' ' || (audit_events.data ->> 'action')`
)

// maxCountedEvents bounds how many events are counted to choose between indexes. Looking up so
// many events takes a few milliseconds.
const maxCountedEvents = 1000

// rarest returns the index that finds the fewest events, or the first one of those that find
// too many to count.
func (s audit) rarest(ctx context.Context, indexes []eventIndex, after, through domain.ID) (eventIndex, error) {
	best, fewest := indexes[0], math.MaxInt
	if len(indexes) == 1 {
		return best, nil
	}
	for _, index := range indexes {
		search := newEventSearch(after, maxCountedEvents, through)
		var query string
		if index.column == "" {
			query = fmt.Sprintf(countAbout, search.arg(referenceText(index.record)), search.arg(blockText(domain.BlockOf(index.record))))
		} else {
			where, order := s.engine.EventRange(index.column, search.arg(index.value))
			query = `SELECT count(*) FROM (SELECT 1 FROM audit_events WHERE ` + where + index.extra + ` ORDER BY ` + order + ` LIMIT $2) AS counted`
		}
		var n int
		if err := s.get(ctx, &n, query, search.args...); err != nil {
			return best, err
		}
		if n = min(n, maxCountedEvents); n < fewest {
			best, fewest = index, n
		}
	}
	return best, nil
}

func (s audit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	after, through, err := s.bounds(ctx, filter, page)
	if err != nil {
		return nil, err
	}
	if page.After > 0 && filter.NewestFirst {
		through = min(through, page.After-1)
	} else {
		after = max(after, page.After)
	}
	var used eventIndex
	if indexes := eventIndexes(filter); indexes != nil {
		if used, err = s.rarest(ctx, indexes, after, through); err != nil {
			return nil, err
		}
	}
	search := newEventSearch(after, page.Limit, through)
	idRange, order := `id > $1 AND id <= $3`, `id`
	if used.column != "" {
		idRange, order = s.engine.EventRange(used.column, search.arg(used.value))
		idRange += used.extra
	}
	search.filterBy(filter, used)
	where := idRange + search.where
	if filter.NewestFirst {
		order = strings.ReplaceAll(order, `,`, ` DESC,`) + ` DESC`
	}
	withOrder := func(query string) string {
		if filter.NewestFirst {
			return newestFirst.Replace(query)
		}
		return query
	}
	if used.record != (domain.Reference{}) {
		record := search.arg(referenceText(filter.Record))
		// Read the block only up to the last event of the page. Otherwise each page would
		// look up every later event that showed another record of the block.
		query := withOrder(fmt.Sprintf(lastOnRecord, where, record, order, fmt.Sprintf("$%d", len(search.args)+1)))
		last, err := entities[idRow](ctx, s.querier, query, append(slices.Clone(search.args), max(page.Limit-1, 0))...)
		if err != nil {
			return nil, err
		}
		if len(last) > 0 && filter.NewestFirst {
			search.args[0] = last[0] - 1
		} else if len(last) > 0 {
			search.args[2] = last[0]
		}
		where = fmt.Sprintf(eventsAbout, where, record, search.arg(blockText(domain.BlockOf(filter.Record))), search.arg(shownPattern(filter.Record)))
	}
	return entities[eventRow](ctx, s.querier, selectEvents+withOrder(where)+` ORDER BY `+order+` LIMIT $2`, search.args...)
}

// filterBy adds the conditions of the filter that used, the index that finds the events, does
// not hold. COALESCE keeps the engine from using another index for them.
func (e *eventSearch) filterBy(filter domain.AuditFilter, used eventIndex) {
	if !filter.From.IsZero() {
		e.and(`at >=`, ports.ToMicroseconds(filter.From))
	}
	if !filter.To.IsZero() {
		e.and(`at <`, ports.ToMicroseconds(filter.To))
	}
	if filter.Outcome != "" && used.column != outcomeColumn {
		e.and(`COALESCE(`+outcomeColumn+`, '') =`, string(filter.Outcome))
	}
	if filter.Actor != 0 && used.column != actorColumn && used.column != actorActionColumn {
		e.and(`COALESCE(`+actorColumn+`, 0) =`, filter.Actor)
	}
	if filter.Action != "" && used.column != actionColumn && used.column != actorActionColumn {
		e.and(`COALESCE(`+actionColumn+`, '') =`, string(filter.Action))
	}
	if filter.Record != used.record {
		e.where += ` AND ` + fmt.Sprintf(isAboutRecord, e.arg(referenceText(filter.Record)),
			e.arg(blockText(domain.BlockOf(filter.Record))), e.arg(shownPattern(filter.Record)))
	}
}

// shownPattern returns the pattern that the shown IDs between commas match if the record is
// among them.
func shownPattern(record domain.Reference) string { return "%," + record.ID.String() + ",%" }
