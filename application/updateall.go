package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// updateAll saves changed records, which the event lists. Each pair of before and after differs.
func (r versionedRecords[T]) updateAll(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after []T) error {
	var found []domain.Version[T]
	next := make([]T, len(after))
	for i := range after {
		next[i] = domain.NextVersion(after[i], event.At)
		if err := r.repository(tx).Save(ctx, next[i]); err != nil {
			return err
		}
		// Only the first version of a record can be missing.
		if domain.StampOf(before[i]).Version > 1 {
			continue
		}
		earlier, err := r.history(tx).List(ctx, next[i].Self().ID, domain.Page{Limit: 1})
		if err != nil {
			return err
		}
		if len(earlier) == 0 {
			found = append(found, r.firstVersion(event, before[i]))
		}
	}
	if len(found) > 0 {
		if _, err := r.addVersions(ctx, tx, event, found...); err != nil {
			return err
		}
	}
	versions := make([]domain.Version[T], len(next))
	for i, record := range next {
		versions[i] = r.newVersion(event, domain.Updated, record)
		event.Subject.Shown = append(event.Subject.Shown, record.Self().ID)
	}
	_, err := r.addVersions(ctx, tx, event, versions...)
	return err
}
