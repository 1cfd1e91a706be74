package sqlstore

import (
	"context"
	"maps"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var (
	insertVersions = forRows(`
		INSERT INTO versions (kind, record_id, number, at, user_id, role, change, with_kind, with_id, salt, free_text, record)
		VALUES`, 12, ``)
	insertDeletions = forRows(`
		INSERT INTO deletions (kind, record_id, number, at, with_kind, with_id, free_text)
		VALUES`, 7, `
		ON CONFLICT (kind, record_id) DO UPDATE
		SET number = excluded.number, at = excluded.at, with_kind = excluded.with_kind, with_id = excluded.with_id,
			free_text = excluded.free_text`)
)

// insertNextVersion adds a version if its number is the next one and no deletion must be
// undone ($13: the version itself is a deletion). It ends with RETURNING.
const insertNextVersion = `
		INSERT INTO versions (kind, record_id, number, at, user_id, role, change, with_kind, with_id, salt, free_text, record)
		SELECT CAST($1 AS varchar(20)), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
		WHERE CAST($3 AS bigint) = 1 + COALESCE((SELECT MAX(number) FROM versions WHERE kind = CAST($1 AS varchar(20)) AND record_id = $2), 0)
			AND (CAST($13 AS boolean) OR NOT EXISTS (SELECT 1 FROM deletions WHERE kind = CAST($1 AS varchar(20)) AND record_id = $2))
		RETURNING `

// lastVersion is the number of a record's last version, and whether the record is deleted.
type lastVersion struct {
	ID      domain.ID `db:"record_id"`
	Number  int       `db:"number"`
	Deleted bool      `db:"deleted"`
}

func (r lastVersion) entity() lastVersion { return r }

func (s history[R, T]) Add(ctx context.Context, versions ...domain.Version[T]) ([]domain.Version[T], error) {
	if s.tx == nil {
		return nil, errWriteInView
	}
	if next, ok := nextVersion(versions); ok {
		added, err := s.addNext(ctx, next)
		if domain.KindOf(err) != domain.NotFound {
			return added, err
		}
	}
	records, err := s.lastVersions(ctx, versions)
	if err != nil {
		return nil, err
	}
	stored := make([]domain.Version[T], 0, len(versions))
	for _, version := range versions {
		id := version.Record.Self().ID
		record := records[id]
		if version.OnlyAsFirst && record.Number > 0 {
			continue
		}
		record.Number++
		records[id] = record
		stored = append(stored, s.asStored(version, record.Number))
	}
	if err := changeRows(ctx, s.querier, insertVersions, stored, s.versionValues); err != nil {
		return nil, err
	}
	return stored, s.updateDeletions(ctx, stored, records)
}

// asStored returns the version as a later read will return it, but with its salt.
func (s history[R, T]) asStored(version domain.Version[T], number int) domain.Version[T] {
	version = version.Numbered(number)
	version.OnlyAsFirst = false
	version.At = ports.ToMicroseconds(version.At)
	version.Record = s.kind.row(version.Record).entity()
	return version
}

// nextVersion returns the version that addNext can add in place of the given ones: one that
// does not undo a deletion, alone or after a first version of the same record.
func nextVersion[T domain.Record](versions []domain.Version[T]) (domain.Version[T], bool) {
	var next domain.Version[T]
	least := 1
	switch {
	case len(versions) == 1 && !versions[0].OnlyAsFirst:
		next = versions[0]
	case len(versions) == 2 && versions[0].OnlyAsFirst && !versions[1].OnlyAsFirst && versions[0].Record.Self() == versions[1].Record.Self():
		next, least = versions[1], 2
	default:
		return next, false
	}
	return next, domain.StampOf(next.Record).Version >= least && next.Change != domain.Restored
}

// addNext adds a version under the number in the stamp of its record. The error is NotFound if
// that is not the next one, or if a deletion must be undone; then it adds nothing.
func (s history[R, T]) addNext(ctx context.Context, version domain.Version[T]) ([]domain.Version[T], error) {
	version = s.asStored(version, domain.StampOf(version.Record).Version)
	isDeletion := version.Change == domain.Deleted
	eventID := `0`
	if s.eventID == 0 {
		eventID = s.engine.NextEventID
	}
	var id domain.ID
	if err := s.returning(ctx, &id, insertNextVersion+eventID, append(s.versionValues(version), isDeletion)...); err != nil {
		return nil, err
	}
	s.eventID = max(s.eventID, id)
	stored := []domain.Version[T]{version}
	if isDeletion {
		return stored, changeRows(ctx, s.querier, insertDeletions, stored, s.deletionValues)
	}
	return stored, nil
}

// lastVersions returns the last versions of the records of versions, by their IDs.
func (s history[R, T]) lastVersions(ctx context.Context, versions []domain.Version[T]) (map[domain.ID]lastVersion, error) {
	ids := make([]domain.ID, len(versions))
	for i, version := range versions {
		ids[i] = version.Record.Self().ID
	}
	records := map[domain.ID]lastVersion{}
	for batch := range batches(ids) {
		found, err := entities[lastVersion](ctx, s.querier, idStatementsOf[s.kind.subject].selectLast.text(s.querier, len(batch)), arguments(batch, idValues)...)
		if err != nil {
			return nil, err
		}
		for _, record := range found {
			records[record.ID] = record
		}
	}
	return records, nil
}

// updateDeletions adds a deletion for each record whose last version says that it was
// deleted, and removes the deletions of restored records. It does so in the order of
// their IDs, so that Updates do not deadlock.
func (s history[R, T]) updateDeletions(ctx context.Context, versions []domain.Version[T], before map[domain.ID]lastVersion) error {
	final := map[domain.ID]domain.Version[T]{}
	for _, version := range versions {
		final[version.Record.Self().ID] = version
	}
	var deleted []domain.Version[T]
	var restored []domain.ID
	for _, id := range slices.Sorted(maps.Keys(final)) {
		switch {
		case final[id].Change == domain.Deleted:
			deleted = append(deleted, final[id])
		case before[id].Deleted:
			restored = append(restored, id)
		}
	}
	if err := changeRows(ctx, s.querier, insertDeletions, deleted, s.deletionValues); err != nil {
		return err
	}
	return changeIDs(ctx, s.querier, idStatementsOf[s.kind.subject].deleteDeletions, restored)
}

func (s history[R, T]) versionValues(version domain.Version[T]) []any {
	return []any{
		string(s.kind.subject), version.Record.Self().ID, version.Number, version.At,
		numberOrNull(version.Author.UserID), string(version.Author.Role), string(version.Change),
		nullableText(version.Cause.Kind), numberOrNull(version.Cause.ID),
		bytesOrNull(version.Salt[:]), version.TextBytes(),
		snapshot[R]{s.kind.row(version.Record)},
	}
}

func (s history[R, T]) deletionValues(version domain.Version[T]) []any {
	return []any{
		string(s.kind.subject), version.Record.Self().ID, version.Number, version.At,
		nullableText(version.Cause.Kind), numberOrNull(version.Cause.ID), version.TextBytes(),
	}
}
