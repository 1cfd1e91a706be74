package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// derived is a column whose value is computed from the record in each statement that writes
// it. It is part of no entity and no version.
type derived[T any] struct {
	name  string
	value func(T) any
}

// findingColumns returns the columns by which records are found and ordered: the given ones
// and those that all tables have. version returns the version of a record.
func findingColumns[T interface{ SearchText() string }](version func(T) int, columns ...derived[T]) []derived[T] {
	return append(columns,
		derived[T]{"search_text", func(record T) any { return record.SearchText() }},
		derived[T]{"folding", func(T) any { return domain.FoldingRules }},
		derived[T]{"folded_version", func(record T) any { return version(record) }},
	)
}

func derivedValues[T any](columns []derived[T], record T) []any {
	values := make([]any, len(columns))
	for i, column := range columns {
		values[i] = column.value(record)
	}
	return values
}

// isStale is a condition for rows whose derived columns were computed by earlier rules, or
// for an earlier version of the record: an earlier program wrote the row. Rows folded by
// later rules are left alone, so that two programs do not fold them in turn. The condition
// is that of the indexes on stale rows.
var isStale = fmt.Sprintf(`folding < %d OR folded_version <> version`, domain.FoldingRules)

// maxStale bounds how many rows are folded in one transaction, because other writers wait
// for it.
const maxStale = 1000

func selectStale(table, columns string) string {
	return fmt.Sprintf(`SELECT %s FROM %s WHERE %s ORDER BY id LIMIT %d`, columns, table, isStale, maxStale)
}

// foldRows returns a statement that sets the derived columns of rows, given their IDs and
// the values. The range of the IDs keeps PostgreSQL from reading the whole table.
func foldRows[T any](table string, columns []derived[T]) rowTexts {
	set := make([]string, len(columns))
	for i, column := range columns {
		value := fmt.Sprintf(`folded.column%d`, i+2)
		if strings.HasPrefix(column.name, "fold") {
			value = `CAST(` + value + ` AS bigint)`
		}
		set[i] = column.name + ` = ` + value
	}
	return forRows(`UPDATE `+table+` SET `+strings.Join(set, ", ")+` FROM (VALUES`, len(columns)+1,
		`) AS folded WHERE `+table+`.id = CAST(folded.column1 AS bigint) AND `+table+`.id BETWEEN ? AND ?`)
}

// foldable is a table with derived columns. foldStale folds its first stale rows and returns
// their number.
type foldable struct {
	table     string
	foldStale func(context.Context, *querier) (int, error)
}

func newFoldable[R rowOf[T], T any](table, stale string, fold rowTexts, columns []derived[T], id func(T) domain.ID) foldable {
	return foldable{table, func(ctx context.Context, q *querier) (int, error) {
		records, err := entities[R](ctx, q, stale+q.locking(forChange))
		if err != nil {
			return 0, err
		}
		for batch := range batches(records) {
			args := arguments(batch, func(record T) []any {
				return append([]any{id(record)}, derivedValues(columns, record)...)
			})
			args = append(args, id(batch[0]), id(batch[len(batch)-1]))
			if err := q.change(ctx, fold.text(q, len(batch)), args...); err != nil {
				return 0, err
			}
		}
		return len(records), nil
	}}
}

func foldableKind[R rowOf[T], T domain.Record](k kind[R, T]) foldable {
	return newFoldable[R](k.table, k.stale, k.fold, k.derived, func(record T) domain.ID { return record.Self().ID })
}

var foldables = []foldable{
	newFoldable[userRow]("users", selectStale("users", "id, email, first_name, last_name, version"),
		foldRows("users", userDerived), userDerived, func(user domain.User) domain.ID { return user.ID }),
	foldableKind(doctorKind),
	foldableKind(patientKind),
}

// FoldStale computes the derived columns of some rows that an earlier program wrote: up to
// 1000 of each table, each table in a transaction of its own. It returns their number, which
// is zero when no row is stale; then it has written nothing.
func (s *Store) FoldStale(ctx context.Context) (folded int, err error) {
	for _, f := range foldables {
		var stale int
		q := &querier{engine: s.engine, statements: s.reader}
		// Usually there are none.
		if err := q.get(ctx, &stale, `SELECT count(*) FROM (SELECT 1 FROM `+f.table+` WHERE `+isStale+` LIMIT 1) AS stale`); err != nil {
			return folded, err
		}
		if stale == 0 {
			continue
		}
		err := s.Update(ctx, func(t ports.Tx) error {
			n, err := f.foldStale(ctx, t.(tx).querier)
			stale = n
			return err
		})
		if err != nil {
			return folded, err
		}
		folded += stale
	}
	return folded, nil
}
