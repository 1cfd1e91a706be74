package memory

import (
	"cmp"
	"context"
	"iter"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// kind describes one kind of records.
type kind[T domain.Record] struct {
	collection func(*state) *collection[T]
	// withID returns the record with an ID, as it is stored.
	withID func(record T, id domain.ID) T
	// saved returns the record to save, with the fields of before that Save never changes.
	saved func(before, record T) T
	// refuse returns an error if the record violates a constraint that not all kinds have. It
	// can be nil.
	refuse func(*state, T) error
	// index and unindex update the indexes that not all kinds have. Both can be nil.
	index, unindex func(*state, T)
}

// collection holds the records of one kind and their versions, including those of deleted
// records.
type collection[T domain.Record] struct {
	table[T]
	archive archive[T]
	// byParent holds every record by each of its parents.
	byParent tree[child, struct{}]
	// byKey holds the ID of every record that has a NaturalKey.
	byKey tree[domain.NaturalKey, domain.ID]
}

func newCollection[T domain.Record]() collection[T] {
	return collection[T]{
		table:    newTable[T](),
		archive:  newArchive[T](),
		byParent: tree[child, struct{}]{compare: compareChildren},
		byKey:    tree[domain.NaturalKey, domain.ID]{compare: cmp.Compare[domain.NaturalKey]},
	}
}

// children iterates over the IDs above after of the records that have the parent, in
// ascending order.
func (k *collection[T]) children(parent domain.Reference, after domain.ID) iter.Seq[domain.ID] {
	return childrenOf(k.byParent, parent, after)
}

// anyKind is a kind of any T.
type anyKind interface {
	has(*state, domain.ID) bool
	removeChildren(s *state, parent domain.Reference) []domain.Record
	archive(*state) anyArchive
	reserve(s *state, last domain.ID)
}

func (k kind[T]) has(s *state, id domain.ID) bool { return k.collection(s).has(id) }

// check returns an error if a parent of the record does not exist or the record violates a
// constraint.
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
	if k.refuse != nil {
		if err := k.refuse(s, record); err != nil {
			return err
		}
	}
	self := record.Self()
	if owner, taken := k.collection(s).byKey.get(record.NaturalKey()); taken && owner != self.ID {
		return domain.RecordKindOf(self.Kind).ErrKeyTaken()
	}
	return nil
}

func (k kind[T]) put(s *state, record T) {
	stored := k.collection(s)
	for _, parent := range record.Parents() {
		stored.byParent = stored.byParent.set(child{parent, record.Self().ID}, struct{}{})
	}
	if key := record.NaturalKey(); key != "" {
		stored.byKey = stored.byKey.set(key, record.Self().ID)
	}
	if k.index != nil {
		k.index(s, record)
	}
	stored.set(record.Self().ID, record)
}

func (k kind[T]) remove(s *state, record T) {
	stored := k.collection(s)
	for _, parent := range record.Parents() {
		stored.byParent = stored.byParent.delete(child{parent, record.Self().ID})
	}
	stored.byKey = stored.byKey.delete(record.NaturalKey())
	if k.unindex != nil {
		k.unindex(s, record)
	}
	stored.delete(record.Self().ID)
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

func (r records[T]) Add(ctx context.Context, records ...T) ([]T, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	added := make([]T, len(records))
	for i, record := range records {
		record = r.kind.withID(record, 0)
		if err := r.kind.check(s, record); err != nil {
			return nil, r.tx.refuse(err)
		}
		added[i] = r.kind.withID(record, r.kind.collection(s).nextID())
		r.kind.put(s, added[i])
	}
	return added, nil
}

func (r records[T]) Get(ctx context.Context, id domain.ID) (none T, err error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return none, err
	}
	return r.kind.collection(s).get(id)
}

func (r records[T]) ExistingIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return filterIDs(ids, r.kind.collection(s).has), nil
}

func (r records[T]) ListByKeys(ctx context.Context, records ...T) ([]T, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	stored := r.kind.collection(s)
	var ids []domain.ID
	for _, record := range records {
		if id, found := stored.byKey.get(record.NaturalKey()); found {
			ids = append(ids, id)
		}
	}
	found := []T{}
	for _, id := range filterIDs(ids, stored.has) {
		record, _ := stored.rows.get(id)
		found = append(found, record)
	}
	return found, nil
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
	record = r.kind.saved(before, r.kind.withID(record, id))
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

var _ ports.Records[domain.Doctor] = records[domain.Doctor]{}
