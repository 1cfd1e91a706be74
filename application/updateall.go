package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// updateAll saves changed records, which the event lists. Each pair of before and after differs.
func (r versionedRecords[T]) updateAll(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after []T) error {
	next := make([]T, len(after))
	for i := range after {
		next[i] = domain.NextVersion(after[i], event.At)
		if err := r.repository(tx).Save(ctx, next[i]); err != nil {
			return err
		}
	}
	var versions []domain.Version[T]
	for i, record := range next {
		versions = append(versions, r.updated(event, before[i], record)...)
		event.Subject.Shown = append(event.Subject.Shown, record.Self().ID)
	}
	_, err := r.addVersions(ctx, tx, event, versions...)
	return err
}
