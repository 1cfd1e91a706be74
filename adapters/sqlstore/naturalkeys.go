package sqlstore

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

// selectByKey returns the statement that finds the IDs of rows by the columns of their
// NaturalKey, and the fields of R that hold these columns. The first row of its VALUES equals
// no key; it gives the columns their types.
//
// The statement is planned each time: a plan from a time when the table was small reads the
// whole table, and an import lets a table grow within one transaction.
func selectByKey[R any](table string, key []string) (fields [][]int, texts rowTexts) {
	untyped, equal := make([]string, len(key)), make([]string, len(key))
	for i, column := range key {
		field := mapper.TypeMap(reflect.TypeFor[R]()).GetByPath(column)
		fields = append(fields, field.Index)
		columnType := "text"
		if field.Field.Type == reflect.TypeFor[domain.ID]() {
			columnType = "bigint"
		}
		untyped[i] = "CAST(NULL AS " + columnType + ")"
		equal[i] = table + "." + column + " = wanted.column" + strconv.Itoa(i+1)
	}
	// CROSS JOIN makes SQLite look up each of the wanted keys.
	return fields, forRows(Unprepared+`SELECT `+table+`.id FROM (VALUES (`+strings.Join(untyped, ", ")+`),`, len(key),
		`) AS wanted CROSS JOIN `+table+` WHERE `+strings.Join(equal, " AND "))
}

// ListByKeys finds the IDs first and then locks the rows in the order of their IDs, so that
// Updates do not deadlock. A row whose key has changed in between is left out.
func (s records[R, T]) ListByKeys(ctx context.Context, list ...T) ([]T, error) {
	wanted := map[domain.NaturalKey]bool{}
	keyed := []T{}
	for _, record := range list {
		if key := record.NaturalKey(); key != "" && !wanted[key] {
			wanted[key] = true
			keyed = append(keyed, record)
		}
	}
	var ids []domain.ID
	for batch := range batches(keyed) {
		args := arguments(batch, func(record T) []any { return s.kind.fieldValues(record, s.kind.keyed) })
		found, err := entities[idRow](ctx, s.querier, s.kind.byKey.text(s.querier, len(batch)), args...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	found := []T{}
	for batch := range batches(slices.Sorted(slices.Values(ids))) {
		rows, err := entities[R](ctx, s.querier, s.kind.byIDs.text(s.querier, len(batch))+s.locking(forChange), idArguments(batch)...)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	return slices.DeleteFunc(found, func(record T) bool { return !wanted[record.NaturalKey()] }), nil
}
