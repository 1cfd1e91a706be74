package sqlstore

import (
	"context"
	"math"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// bounds returns the range of IDs, above after and up to through, that holds every event
// within the times of filter, so that the list reads few others: those of the minute in which
// From or To is. A page that continues a list needs only the bound at the end of the list: its
// cursor is already past the other one.
func (s audit) bounds(ctx context.Context, filter domain.AuditFilter, page domain.Page) (after, through domain.ID, err error) {
	after, through = math.MinInt64, math.MaxInt64
	begins := page.After <= 0
	if !filter.From.IsZero() && (begins || filter.NewestFirst) {
		// Without such an event, this is above all IDs.
		if err := s.get(ctx, &after, s.engine.LowestEventID, ports.ToMicroseconds(filter.From)); err != nil {
			return after, through, err
		}
		after--
	}
	if !filter.To.IsZero() && (begins || !filter.NewestFirst) {
		if err := s.get(ctx, &through, s.engine.HighestEventID, ports.ToMicroseconds(filter.To)); err != nil {
			return after, through, err
		}
	}
	return after, through, nil
}
