package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// createAll adds records, which the event lists.
func (r versionedRecords[T]) createAll(ctx context.Context, tx ports.Tx, event *pendingEvent, records []T) ([]T, error) {
	if len(records) == 0 {
		return nil, nil
	}
	first := make([]T, len(records))
	for i, record := range records {
		first[i] = domain.FirstVersion(record, event.At)
	}
	added, err := r.repository(tx).Add(ctx, first...)
	if err != nil {
		return nil, err
	}
	return added, r.addListedVersions(ctx, tx, event, domain.Created, added)
}

// updateAll saves changed records, which the event lists. Each pair of before and after differs.
func (r versionedRecords[T]) updateAll(ctx context.Context, tx ports.Tx, event *pendingEvent, before, after []T) error {
	if len(after) == 0 {
		return nil
	}
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
	return r.addListedVersions(ctx, tx, event, domain.Updated, next)
}

// addListedVersions adds a version of each record, which the event lists.
func (r versionedRecords[T]) addListedVersions(ctx context.Context, tx ports.Tx, event *pendingEvent, change domain.Change, records []T) error {
	versions := make([]domain.Version[T], len(records))
	for i, record := range records {
		versions[i] = r.newVersion(event, change, record)
		event.Subject.Shown = append(event.Subject.Shown, record.Self().ID)
		event.addRelated(record.Parents()...)
	}
	_, err := r.addVersions(ctx, tx, event, versions...)
	return err
}
