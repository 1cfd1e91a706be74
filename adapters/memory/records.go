package memory

import (
	"context"
	"iter"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// kind is what tells the kinds of records apart.
type kind[T domain.Record] struct {
	collection func(*state) *collection[T]
	// with returns the record under an ID, and as it is kept.
	with func(record T, id domain.ID) T
	// saved returns what Save makes of the record that is there.
	preserve func(before, record T) T
	// refuse says why the record cannot be stored, or nothing. Parents are looked at
	// already.
	refuse func(*state, T) error
	// index and unindex keep what leads to the record besides its ID.
	index, unindex func(*state, T)
}

// keep holds the records of one kind, and the versions of all that were.
type collection[T domain.Record] struct {
	table[T]
	archive archive[T]
	// byParent holds every record under each of its parents.
	byParent tree[child, struct{}]
}

func newCollection[T domain.Record]() collection[T] {
	return collection[T]{
		table:    newTable[T](),
		archive:  newArchive[T](),
		byParent: tree[child, struct{}]{compare: compareChildren},
	}
}

// children iterates over the records above after that have the parent, in ascending
// order.
func (k *collection[T]) children(parent domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	return childrenOf(k.byParent, parent, after)
}

// anyKind is a kind of whatever records.
type anyKind interface {
	has(*state, domain.ID) bool
	removeChildren(s *state, parent domain.Reference) []domain.Record
	archive(*state) anyArchive
}

func (k kind[T]) has(s *state, id domain.ID) bool { return k.collection(s).has(id) }

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
	keep := k.collection(s)
	for _, parent := range record.Parents() {
		keep.byParent = keep.byParent.set(child{parent, record.Self().ID}, struct{}{})
	}
	k.index(s, record)
	keep.set(record.Self().ID, record)
}

func (k kind[T]) remove(s *state, record T) {
	keep := k.collection(s)
	for _, parent := range record.Parents() {
		keep.byParent = keep.byParent.delete(child{parent, record.Self().ID})
	}
	k.unindex(s, record)
	keep.delete(record.Self().ID)
}

// removeChildren removes the records that have the parent, and returns them in
// ascending order of ID.
func (k kind[T]) removeChildren(s *state, parent domain.Reference) []domain.Record {
	var removed []domain.Record
	for id := range k.collection(s).children(parent, 0) {
		child, _ := k.collection(s).rows.get(id)
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
	record = r.kind.with(record, r.kind.collection(s).nextID())
	r.kind.put(s, record)
	return record, nil
}

func (r records[T]) Get(ctx context.Context, id domain.ID) (none T, err error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return none, err
	}
	return r.kind.collection(s).get(id)
}

func (r records[T]) Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return filterIDs(ids, r.kind.collection(s).has), nil
}

func (r records[T]) Save(ctx context.Context, record T) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	id := record.Self().ID
	before, err := r.kind.collection(s).get(id)
	if err != nil {
		return err
	}
	record = r.kind.preserve(before, r.kind.with(record, id))
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
	record, err := r.kind.collection(s).get(id)
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

// unchanged is the saved of a kind all of whose fields Save stores.
func unchanged[T domain.Record](_, record T) T { return record }

// noIndex is the index and unindex of a kind that is found by ID only.
func noIndex[T domain.Record](*state, T) {}

var _ ports.Records[domain.Doctor] = records[domain.Doctor]{}
