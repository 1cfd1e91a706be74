package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx/reflectx"

	"example.com/healthcare/domain"
)

// rowOf is a row that holds a T.
type rowOf[T any] interface{ entity() T }

// kind describes one kind of records. R is a struct with a field for each column of the
// table, whose db tag is the column's name. newKind makes the statements from these fields.
type kind[R rowOf[T], T domain.Record] struct {
	subject domain.SubjectKind
	table   string
	row     func(T) R
	// added returns the record as it was stored, with its new ID.
	added func(record T, id domain.ID) T
	// fixed are the columns that Save does not change.
	fixed []string
	// key are the columns of the NaturalKey, which have a unique index.
	key []string
	// derived are the columns by which records are found and ordered.
	derived []derived[T]
	// noReference returns the error of a violated foreign key to a table that holds no
	// records; nil if the kind has no such key.
	noReference func() error

	// newKind sets the fields below.

	fields  [][]int // the index of each field of R, in the order of the columns
	columns string
	// freeTexts are the columns that hold freeText, and short are the others.
	freeTexts []string
	short     string

	get      string
	insert   rowTexts
	update   string
	delete   string
	lock     string
	byParent map[domain.SubjectKind]byParent
	ids      rowTexts
	byIDs    rowTexts
	byKey    rowTexts
	restore  rowTexts
	fold     rowTexts
	stale    string
	// updated are the fields that update takes after the ID, and keyed those that byKey takes.
	updated [][]int
	keyed   [][]int
}

// byParent holds the statements on the records that have the same parent.
type byParent struct{ lock, delete string }

var mapper = reflectx.NewMapper("db")

// newKind makes the statements of a kind. The column that refers to a parent is named
// after the parent's kind, such as patient_id.
func newKind[R rowOf[T], T domain.Record](k kind[R, T]) kind[R, T] {
	var names, qualified, short, inserted, changed []string
	for _, field := range mapper.TypeMap(reflect.TypeFor[R]()).Index {
		name := field.Name
		if len(field.Index) > 1 { // It is part of a column's value.
			continue
		}
		names, qualified = append(names, name), append(qualified, k.table+"."+name)
		k.fields = append(k.fields, field.Index)
		if field.Field.Type == reflect.TypeFor[freeText]() {
			k.freeTexts = append(k.freeTexts, name)
		} else {
			short = append(short, k.table+"."+name)
		}
		if name == "id" {
			continue
		}
		inserted = append(inserted, name)
		if !slices.Contains(k.fixed, name) {
			k.updated = append(k.updated, field.Index)
			changed = append(changed, fmt.Sprintf("%s = $%d", name, len(k.updated)+1))
		}
	}
	for i, column := range k.derived {
		inserted = append(inserted, column.name)
		changed = append(changed, fmt.Sprintf("%s = $%d", column.name, len(k.updated)+i+2))
	}
	if len(names) == 0 || names[0] != "id" {
		panic("sqlstore: the first column of " + k.table + " must be its id")
	}
	k.columns = strings.Join(qualified, ", ")
	k.short = strings.Join(short, ", ")
	k.get = `SELECT ` + k.columns + ` FROM ` + k.table + ` WHERE ` + k.table + `.id = $1`
	k.insert = forRows(`INSERT INTO `+k.table+` (`+strings.Join(inserted, ", ")+`) VALUES`, len(inserted), ` RETURNING id`)
	k.update = `UPDATE ` + k.table + ` SET ` + strings.Join(changed, ", ") + ` WHERE id = $1`
	k.delete = `DELETE FROM ` + k.table + ` WHERE id = $1 RETURNING ` + k.columns
	k.lock = `SELECT id FROM ` + k.table + ` WHERE id = $1 FOR UPDATE`
	k.ids = forIDs(`SELECT id FROM `+k.table+` WHERE `, `id`, ` ORDER BY id`)
	k.byIDs = forIDs(`SELECT `+k.columns+` FROM `+k.table+` WHERE `, `id`, ` ORDER BY id`)
	k.keyed, k.byKey = selectByKey[R](k.table, k.key)
	restored := append([]string{"id"}, inserted...)
	k.restore = forRows(`INSERT INTO `+k.table+` (`+strings.Join(restored, ", ")+`) VALUES`, len(restored), ``)
	if k.derived != nil {
		k.stale, k.fold = selectStale(k.table, k.short), foldRows(k.table, k.derived)
	}
	k.byParent = map[domain.SubjectKind]byParent{}
	for _, parent := range domain.RecordKindOf(k.subject).Parents {
		where := ` WHERE ` + string(parent) + `_id = $1 `
		k.byParent[parent] = byParent{
			lock:   `SELECT id FROM ` + k.table + where + `ORDER BY id FOR UPDATE`,
			delete: `DELETE FROM ` + k.table + where + `RETURNING ` + k.columns,
		}
	}
	return k
}

// values returns the values of the given fields of the record's row, and of the derived columns.
func (k kind[R, T]) values(record T, fields [][]int) []any {
	return append(k.fieldValues(record, fields), derivedValues(k.derived, record)...)
}

// fieldValues returns the values of the given fields of the record's row.
func (k kind[R, T]) fieldValues(record T, fields [][]int) []any {
	row := reflect.ValueOf(k.row(record))
	values := make([]any, len(fields), len(fields)+len(k.derived))
	for i, field := range fields {
		values[i] = row.FieldByIndex(field).Interface()
	}
	return values
}

// anyKind is a kind of any R and T.
type anyKind interface {
	lockChildren(ctx context.Context, q *querier, parent domain.Reference) error
	deleteChildren(ctx context.Context, q *querier, parent domain.Reference) ([]domain.Record, error)
	existing(ctx context.Context, q *querier, ids []domain.ID) ([]domain.ID, error)
	selectParent(q *querier, parameter int) string
	digest(row commitmentRow) ([16]byte, error)
}

func (k kind[R, T]) lockChildren(ctx context.Context, q *querier, parent domain.Reference) error {
	return q.lock(ctx, k.byParent[parent.Kind].lock, parent.ID)
}

func (k kind[R, T]) deleteChildren(ctx context.Context, q *querier, parent domain.Reference) ([]domain.Record, error) {
	deleted, err := entities[R](ctx, q, k.byParent[parent.Kind].delete, parent.ID)
	children := make([]domain.Record, len(deleted))
	for i, child := range deleted {
		children[i] = child
	}
	slices.SortFunc(children, func(a, b domain.Record) int { return cmp.Compare(a.Self().ID, b.Self().ID) })
	return children, err
}

func (k kind[R, T]) existing(ctx context.Context, q *querier, ids []domain.ID) ([]domain.ID, error) {
	return readIDs(ctx, q, k.ids, forReference, ids)
}

// records implements ports.Records.
type records[R rowOf[T], T domain.Record] struct {
	*querier
	kind kind[R, T]
}

func (s records[R, T]) Get(ctx context.Context, id domain.ID) (T, error) {
	var row R
	err := s.get(ctx, &row, s.kind.get+s.locking(forChange), id)
	return row.entity(), err
}

func (s records[R, T]) ExistingIDs(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	return s.kind.existing(ctx, s.querier, ids)
}

func (s records[R, T]) Save(ctx context.Context, record T) error {
	id := record.Self().ID
	if len(record.Parents()) > 0 {
		// Lock the record before its parents: see domain.RecordKinds.
		if _, err := s.Get(ctx, id); err != nil {
			return err
		}
	}
	if err := s.lockParents(ctx, record); err != nil {
		return err
	}
	return s.change(ctx, s.kind.update, append([]any{id}, s.kind.values(record, s.kind.updated)...)...)
}

// Delete locks the children and then the record. Children that are added before the record
// is locked are deleted too. None can be added after that.
func (s records[R, T]) Delete(ctx context.Context, id domain.ID) (T, []domain.Record, error) {
	var none T
	if s.tx == nil {
		return none, nil, errWriteInView
	}
	self := domain.Reference{Kind: s.kind.subject, ID: id}
	children := domain.Children(s.kind.subject)
	for _, child := range slices.Backward(children) {
		if err := kinds[child].lockChildren(ctx, s.querier, self); err != nil {
			return none, nil, err
		}
	}
	if len(children) > 0 { // Otherwise the DELETE statement locks the record.
		if err := s.querier.lock(ctx, s.kind.lock, id); err != nil {
			return none, nil, err
		}
	}
	deleted := []domain.Record{}
	for _, child := range children {
		some, err := kinds[child].deleteChildren(ctx, s.querier, self)
		if err != nil {
			return none, nil, err
		}
		deleted = append(deleted, some...)
	}
	var row R
	err := s.returning(ctx, &row, s.kind.delete, id)
	if isNoReference(err) {
		err = s.refuse(&databaseError{kind: Collision, text: "a child was added while its parent was being deleted"})
	}
	return row.entity(), deleted, err
}
