package sqlstore

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	// Each of the two ways to an event has an index in which its IDs are in order,
	// and is followed for a page only, however much there is about the record. The verbs
	// stand for a condition on audit_events, and for the parameter of the record.
	eventsAbout = `id IN (
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
				FROM audit_about JOIN audit_events ON id = event_id
				WHERE %[1]s AND event_id > $1 AND record = $%[2]d
				ORDER BY record, event_id
				LIMIT $2
			) AS mentioning_it
		)`
	notAllowed   = ` AND data ->> 'outcome' <> 'allowed'`
	lastIDBefore = `SELECT id FROM audit_events WHERE at < $1 ORDER BY at DESC LIMIT 1`
	firstIDFrom  = `SELECT id FROM audit_events WHERE at >= $1 ORDER BY at LIMIT 1`
)

func (s audit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	after, through, err := s.bounds(ctx, filter)
	if err != nil {
		return nil, err
	}
	// As with mappings, each combination has a text of its own, and a plan.
	lead, where, order := `id > $1 AND id <= $3`, ``, `id`
	args := []any{max(after, page.After), page.Limit, through}
	parameter := func(value any) int {
		args = append(args, value)
		return len(args)
	}
	narrow := func(condition string, value any) {
		where += ` AND ` + condition + ` $` + strconv.Itoa(parameter(value))
	}
	if !filter.From.IsZero() {
		narrow(`at >=`, ports.Kept(filter.From))
	}
	if !filter.To.IsZero() {
		narrow(`at <`, ports.Kept(filter.To))
	}
	isAbout := filter.About != domain.Reference{}
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
	if isAbout {
		where = fmt.Sprintf(eventsAbout, where, parameter(referenceText(filter.About)))
	}
	return entities[eventRow](ctx, s.querier, selectEvents+where+` ORDER BY `+order+` LIMIT $2`, args...)
}

// bounds returns IDs above and up to which all events are that filter keeps by their
// times, so that nobody has to go through those from before: IDs grow with time, but for
// ports.MaxDisorder.
func (s audit) bounds(ctx context.Context, filter domain.AuditFilter) (after, through domain.ID, err error) {
	after, through = math.MinInt64, math.MaxInt64
	bound := func(id *domain.ID, query string, at time.Time) error {
		err := s.get(ctx, id, query, ports.Kept(at))
		if domain.KindOf(err) == domain.NotFound {
			return nil
		}
		return err
	}
	if !filter.From.IsZero() {
		err = bound(&after, lastIDBefore, filter.From.Add(-ports.MaxDisorder))
	}
	if err == nil && !filter.To.IsZero() {
		err = bound(&through, firstIDFrom, filter.To.Add(ports.MaxDisorder))
	}
	return after, through, err
}
