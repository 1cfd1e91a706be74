package memory

import (
	"context"
	"iter"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// kind is what tells the kinds of records apart.
type kind[T domain.Record] struct {
	keep func(*state) *keep[T]
	// with returns the record under an ID, and as it is kept.
	with func(record T, id domain.ID) T
	// saved returns what Save makes of the record that is there.
	saved func(before, record T) T
	// refuse says why the record cannot be stored, or nothing. Parents are looked at
	// already.
	refuse func(*state, T) error
	// index and unindex keep what leads to the record besides its ID.
	index, unindex func(*state, T)
}

// keep holds the records of one kind, and the versions of all that were.
type keep[T domain.Record] struct {
	table[T]
	archive archive[T]
	// byParent holds every record under each of its parents.
	byParent tree[companion, struct{}]
}

func newKeep[T domain.Record]() keep[T] {
	return keep[T]{
		table:    newTable[T](),
		archive:  newArchive[T](),
		byParent: tree[companion, struct{}]{compare: compareCompanions},
	}
}

// children iterates over the records above after that have the parent, in ascending
// order.
func (k *keep[T]) children(parent domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	return under(k.byParent, parent, after)
}

// anyKind is a kind of whatever records.
type anyKind interface {
	has(*state, domain.ID) bool
	removeChildren(s *state, parent domain.Reference) []domain.Record
	retained(*state) retained
}

func (k kind[T]) has(s *state, id domain.ID) bool { return k.keep(s).has(id) }

// check says why the record cannot be stored, or nothing.
func (k kind[T]) check(s *state, record T) error {
	var missing []string
	for _, parent := range record.Parents() {
		if !kinds[parent.Kind].has(s, parent.ID) {
			missing = append(missing, string(parent.Kind))
		}
	}
	if len(missing) > 0 {
		return domain.ErrNoSuchReference(missing...)
	}
	return k.refuse(s, record)
}

func (k kind[T]) put(s *state, record T) {
	keep := k.keep(s)
	for _, parent := range record.Parents() {
		keep.byParent = keep.byParent.set(companion{parent, record.Self().ID}, struct{}{})
	}
	k.index(s, record)
	keep.set(record.Self().ID, record)
}

func (k kind[T]) remove(s *state, record T) {
	keep := k.keep(s)
	for _, parent := range record.Parents() {
		keep.byParent = keep.byParent.delete(companion{parent, record.Self().ID})
	}
	k.unindex(s, record)
	keep.delete(record.Self().ID)
}

// removeChildren removes the records that have the parent, and returns them in
// ascending order of ID.
func (k kind[T]) removeChildren(s *state, parent domain.Reference) []domain.Record {
	var removed []domain.Record
	for id := range k.keep(s).children(parent, 0) {
		child, _ := k.keep(s).rows.get(id)
		k.remove(s, child)
		removed = append(removed, child)
	}
	return removed
}

// records implements ports.Records.
type records[T domain.Record] struct {
	tx   *tx
	kind kind[T]
}

func (r records[T]) Add(ctx context.Context, record T) (none T, err error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return none, err
	}
	record = r.kind.with(record, 0)
	if err := r.kind.check(s, record); err != nil {
		return none, r.tx.refuse(err)
	}
	record = r.kind.with(record, r.kind.keep(s).nextID())
	r.kind.put(s, record)
	return record, nil
}

func (r records[T]) Get(ctx context.Context, id domain.ID) (none T, err error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return none, err
	}
	return r.kind.keep(s).get(id)
}

func (r records[T]) ExistingIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return among(ids, r.kind.keep(s).has), nil
}

func (r records[T]) Save(ctx context.Context, record T) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	id := record.Self().ID
	before, err := r.kind.keep(s).get(id)
	if err != nil {
		return err
	}
	record = r.kind.saved(before, r.kind.with(record, id))
	if err := r.kind.check(s, record); err != nil {
		return r.tx.refuse(err)
	}
	r.kind.remove(s, before)
	r.kind.put(s, record)
	return nil
}

func (r records[T]) Delete(ctx context.Context, id domain.ID) (none T, children []domain.Record, err error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return none, nil, err
	}
	record, err := r.kind.keep(s).get(id)
	if err != nil {
		return none, nil, err
	}
	children = []domain.Record{}
	for _, child := range domain.Children(record.Self().Kind) {
		children = append(children, kinds[child].removeChildren(s, record.Self())...)
	}
	r.kind.remove(s, record)
	return record, children, nil
}

var _ ports.Records[domain.Doctor] = records[domain.Doctor]{}
