package sqlstore

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
)

const (
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

// history implements ports.History.
type history[R rowOf[T], T domain.Record] struct {
	records[R, T]
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
