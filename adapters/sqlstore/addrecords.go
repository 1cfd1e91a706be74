package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func (s records[R, T]) Add(ctx context.Context, list ...T) ([]T, error) {
	if err := s.lockParents(ctx, list...); err != nil {
		return nil, err
	}
	added := make([]T, 0, len(list))
	for batch := range batches(list) {
		args := arguments(batch, func(record T) []any { return s.kind.values(record, s.kind.fields[1:]) })
		s.wrote = true
		ids, err := entities[idRow](ctx, s.querier, s.kind.insert.text(s.querier, len(batch)), args...)
		if err != nil {
			return nil, s.explain(err)
		}
		// IDs are assigned in the order of the rows. SQLite can return them in another one.
		slices.Sort(ids)
		for i, record := range batch {
			added = append(added, ports.StampToMicroseconds(s.kind.added(record, ids[i])))
		}
	}
	return added, nil
}

// restoreAll inserts records under the IDs that they have.
func (s records[R, T]) restoreAll(ctx context.Context, list []T) error {
	if err := s.lockParents(ctx, list...); err != nil {
		return err
	}
	return s.explain(changeRows(ctx, s.querier, s.kind.restore, list, func(record T) []any {
		return s.kind.values(record, s.kind.fields)
	}))
}

// lockParents locks the records' parents, so that they are not deleted. If a parent does
// not exist, it returns an error that names the kind.
func (s records[R, T]) lockParents(ctx context.Context, list ...T) error {
	if s.tx == nil {
		return errWriteInView
	}
	found, err := findParents(ctx, s.querier, parentsOf(list))
	if err != nil {
		return err
	}
	for _, record := range list {
		var missing []string
		for _, parent := range record.Parents() {
			if !isIn(found[parent.Kind], parent.ID) {
				missing = append(missing, string(parent.Kind))
			}
		}
		if len(missing) > 0 {
			return s.refuse(domain.ErrNoSuchReference(missing...))
		}
	}
	return nil
}

// parentsOf returns the IDs of the records' parents, by their kinds.
func parentsOf[T domain.Record](list []T) map[domain.SubjectKind][]domain.ID {
	parents := map[domain.SubjectKind][]domain.ID{}
	for _, record := range list {
		for _, parent := range record.Parents() {
			parents[parent.Kind] = append(parents[parent.Kind], parent.ID)
		}
	}
	return parents
}

// findParents returns those of the IDs that exist, in ascending order, and locks them: the
// kinds in the order of domain.RecordKinds, backwards.
func findParents(ctx context.Context, q *querier, wanted map[domain.SubjectKind][]domain.ID) (map[domain.SubjectKind][]domain.ID, error) {
	if isOneOfEach(wanted) {
		return findOneOfEach(ctx, q, wanted)
	}
	found := map[domain.SubjectKind][]domain.ID{}
	for _, known := range slices.Backward(domain.RecordKinds()) {
		if ids := wanted[known.Kind]; len(ids) > 0 {
			var err error
			if found[known.Kind], err = kinds[known.Kind].existing(ctx, q, ids); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

func isOneOfEach(wanted map[domain.SubjectKind][]domain.ID) bool {
	for _, ids := range wanted {
		if len(ids) > 1 {
			return false
		}
	}
	return len(wanted) > 0
}

// findOneOfEach is findParents for one ID of each kind, with one statement. UNION ALL runs its
// parts one after the other.
func findOneOfEach(ctx context.Context, q *querier, wanted map[domain.SubjectKind][]domain.ID) (map[domain.SubjectKind][]domain.ID, error) {
	var parts []string
	var args []any
	for _, known := range slices.Backward(domain.RecordKinds()) {
		if ids := wanted[known.Kind]; ids != nil {
			args = append(args, ids[0])
			parts = append(parts, kinds[known.Kind].selectParent(q, len(args)))
		}
	}
	rows, err := entities[parentRow](ctx, q, strings.Join(parts, ` UNION ALL `), args...)
	found := map[domain.SubjectKind][]domain.ID{}
	for _, row := range rows {
		found[row.Kind] = []domain.ID{row.ID}
	}
	return found, err
}

// selectParent returns a query that locks and returns the row with the ID in a parameter.
func (k kind[R, T]) selectParent(q *querier, parameter int) string {
	return fmt.Sprintf(`SELECT '%s' AS kind, id FROM (SELECT id FROM %s WHERE id = $%d%s) AS parent`,
		k.subject, k.table, parameter, q.locking(forReference))
}

type parentRow struct {
	Kind domain.SubjectKind `db:"kind"`
	ID   domain.ID          `db:"id"`
}

func (r parentRow) entity() parentRow { return r }

// explain replaces a violated foreign key by the noReference error of the kind, if it has one.
func (s records[R, T]) explain(err error) error {
	if s.kind.noReference != nil && isNoReference(err) {
		return s.refuse(s.kind.noReference())
	}
	return err
}
