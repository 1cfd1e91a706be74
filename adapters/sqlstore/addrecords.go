package sqlstore

import (
	"context"
	"slices"

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
	wanted := map[domain.SubjectKind][]domain.ID{}
	for _, record := range list {
		for _, parent := range record.Parents() {
			wanted[parent.Kind] = append(wanted[parent.Kind], parent.ID)
		}
	}
	found := map[domain.SubjectKind][]domain.ID{}
	for _, known := range slices.Backward(domain.RecordKinds()) {
		ids, err := wanted[known.Kind], error(nil)
		if len(ids) == 0 {
			continue
		}
		if found[known.Kind], err = kinds[known.Kind].existing(ctx, s.querier, ids); err != nil {
			return err
		}
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

// explain replaces a violated foreign key by the noReference error of the kind, if it has one.
func (s records[R, T]) explain(err error) error {
	if s.kind.noReference != nil && isNoReference(err) {
		return s.refuse(s.kind.noReference())
	}
	return err
}
