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

const (
	// insertNextVersion adds a version if its number is the next one and no deletion must be
	// undone ($13: the version itself is a deletion). It ends with RETURNING.
	insertNextVersion = `
		INSERT INTO versions (kind, record_id, number, at, user_id, role, change, with_kind, with_id, salt, free_text, record)
		SELECT CAST($1 AS varchar(20)), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12
		WHERE CAST($3 AS bigint) = 1 + COALESCE((SELECT MAX(number) FROM versions WHERE kind = CAST($1 AS varchar(20)) AND record_id = $2), 0)
			AND (CAST($13 AS boolean) OR NOT EXISTS (SELECT 1 FROM deletions WHERE kind = CAST($1 AS varchar(20)) AND record_id = $2))
		RETURNING `
	versionColumns = `versions.number, versions.at, COALESCE(versions.user_id, 0) AS user_id, versions.role, versions.change,
			COALESCE(versions.with_kind, '') AS with_kind, COALESCE(versions.with_id, 0) AS with_id, versions.record`
	// readColumns also has the time of the first version.
	readColumns = versionColumns + `, (
				SELECT first.at FROM versions AS first
				WHERE first.kind = versions.kind AND first.record_id = versions.record_id AND first.number = 1
			) AS first_at`
	// As with patients, a page ends once its records have $5 bytes of free text. The
	// column record is read only for the rows of the page.
	selectVersions = `
		SELECT ` + readColumns + `
		FROM (
			SELECT kind, record_id, number, COALESCE(SUM(free_text)
				OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS free_text_before
			FROM versions
			WHERE kind = $1 AND record_id = $2 AND number > $3
			ORDER BY number
			LIMIT $4
		) AS page JOIN versions USING (kind, record_id, number)
		WHERE page.free_text_before < $5
		ORDER BY versions.number`
	selectDeleted     = selectDeletedFrom + selectDeletedUpTo
	selectDeletedWith = selectDeletedFrom + ` AND with_kind = $5 AND with_id = $6` + selectDeletedUpTo
	selectDeletedFrom = `
		SELECT ` + readColumns + `
		FROM (
			SELECT kind, record_id, number, COALESCE(SUM(free_text)
				OVER (ORDER BY record_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS free_text_before
			FROM deletions
			WHERE kind = $1 AND record_id > $2`
	selectDeletedUpTo = `
			ORDER BY record_id
			LIMIT $3
		) AS page JOIN versions USING (kind, record_id, number)
		WHERE page.free_text_before < $4
		ORDER BY versions.record_id`
	selectLastDeleted = `
		SELECT ` + readColumns + `
		FROM deletions JOIN versions USING (kind, record_id, number)
		WHERE kind = $1 AND record_id = $2`
)

// idStatements holds the statements on several records of one kind, given their IDs.
type idStatements struct{ selectLast, selectDeletions, deleteDeletions, deleteVersions rowTexts }

var idStatementsOf = func() map[domain.SubjectKind]idStatements {
	statements := map[domain.SubjectKind]idStatements{}
	for _, known := range domain.RecordKinds() {
		statements[known.Kind] = newIDStatements(known.Kind)
	}
	return statements
}()

// newIDStatements writes the kind into the texts, so that their only parameters are IDs.
func newIDStatements(kind domain.SubjectKind) idStatements {
	ofKind := `.kind = '` + string(kind) + `' AND `
	return idStatements{
		// Sub-selects make the planner look up each record, whatever its statistics say. The
		// first row belongs to no record; it gives the column its type.
		selectLast: forRows(`
			SELECT column1 AS record_id, COALESCE((
				SELECT MAX(versions.number) FROM versions WHERE versions`+ofKind+`versions.record_id = column1
			), 0) AS number, (
				SELECT deletions.record_id FROM deletions WHERE deletions`+ofKind+`deletions.record_id = column1
			) IS NOT NULL AS deleted
			FROM (VALUES (CAST(0 AS bigint)),`, 1, `) AS records`),
		selectDeletions: forIDs(`SELECT record_id AS id FROM deletions WHERE deletions`+ofKind, `record_id`, ` ORDER BY record_id`),
		deleteDeletions: forIDs(`DELETE FROM deletions WHERE deletions`+ofKind, `record_id`, ``),
		deleteVersions:  forIDs(`DELETE FROM versions WHERE versions`+ofKind, `record_id`, ``),
	}
}

type versionRow[R rowOf[T], T domain.Record] struct {
	Number   int                `db:"number"`
	At       instant            `db:"at"`
	UserID   domain.ID          `db:"user_id"`
	Role     domain.Role        `db:"role"`
	Change   domain.Change      `db:"change"`
	WithKind domain.SubjectKind `db:"with_kind"`
	WithID   domain.ID          `db:"with_id"`
	Record   snapshot[R]        `db:"record"`
	FirstAt  instant            `db:"first_at"`
}

func (r versionRow[R, T]) entity() domain.Version[T] {
	record := r.Record.row.entity()
	if domain.StampOf(record) == (domain.Stamp{}) { // An earlier program wrote it.
		record = domain.Stamped(record, domain.Stamp{Version: r.Number, CreatedAt: r.FirstAt.Time, UpdatedAt: r.At.Time})
	}
	return domain.Version[T]{
		Number: r.Number,
		At:     r.At.Time,
		Author: domain.Author{UserID: r.UserID, Role: r.Role},
		Change: r.Change,
		Cause:  domain.Reference{Kind: r.WithKind, ID: r.WithID},
		Record: record,
	}
}

// lastVersion is the number of a record's last version, and whether the record is deleted.
type lastVersion struct {
	ID      domain.ID `db:"record_id"`
	Number  int       `db:"number"`
	Deleted bool      `db:"deleted"`
}

func (r lastVersion) entity() lastVersion { return r }

// history implements ports.History.
type history[R rowOf[T], T domain.Record] struct {
	records[R, T]
}

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

func (s history[R, T]) List(ctx context.Context, id domain.ID, page domain.Page) ([]domain.Version[T], error) {
	return s.versions(ctx, selectVersions, s.kind.subject, id, page.After, page.Limit, domain.MaxPageBytes)
}

func (s history[R, T]) GetDeleted(ctx context.Context, id domain.ID) (domain.Version[T], error) {
	// Lock with a separate statement: a statement that has waited for a locked row does not
	// read the rows joined to it again.
	if s.tx != nil {
		if err := s.lockDeletions(ctx, []domain.ID{id}); err != nil {
			return domain.Version[T]{}, err
		}
	}
	var row versionRow[R, T]
	err := s.get(ctx, &row, selectLastDeleted, s.kind.subject, id)
	return row.entity(), err
}

// lockDeletions keeps other Updates from restoring the records, purging them or deleting
// them again. The error is NotFound if any of the records is not deleted.
func (s history[R, T]) lockDeletions(ctx context.Context, ids []domain.ID) error {
	found, err := s.deletions(ctx, ` FOR UPDATE`, ids)
	if err == nil && slices.ContainsFunc(ids, func(id domain.ID) bool { return !isIn(found, id) }) {
		err = domain.ErrNotFound()
	}
	return err
}

// deletions returns the IDs of the records that are deleted, and locks their deletions.
func (s history[R, T]) deletions(ctx context.Context, lock string, ids []domain.ID) ([]domain.ID, error) {
	return readIDs(ctx, s.querier, idStatementsOf[s.kind.subject].selectDeletions, lock, ids)
}

func (s history[R, T]) DeletedIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	return s.deletions(ctx, forReference, ids)
}

func (s history[R, T]) ListDeleted(ctx context.Context, with domain.Reference, page domain.Page) ([]domain.Version[T], error) {
	args := []any{s.kind.subject, page.After, page.Limit, domain.MaxPageBytes}
	if with == (domain.Reference{}) {
		return s.versions(ctx, selectDeleted, args...)
	}
	return s.versions(ctx, selectDeletedWith, append(args, with.Kind, with.ID)...)
}

func (s history[R, T]) versions(ctx context.Context, query string, args ...any) ([]domain.Version[T], error) {
	return entities[versionRow[R, T]](ctx, s.querier, query, args...)
}

func (s history[R, T]) Restore(ctx context.Context, list ...T) error {
	if s.tx == nil {
		return errWriteInView
	}
	ids := make([]domain.ID, len(list))
	for i, record := range list {
		ids[i] = record.Self().ID
	}
	if err := s.lockDeletions(ctx, ids); err != nil {
		return err
	}
	return s.restoreAll(ctx, list)
}
