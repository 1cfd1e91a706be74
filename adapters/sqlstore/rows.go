package sqlstore

import (
	"context"

	"example.com/healthcare/domain"
)

// changeRows runs the statement on rows with few round trips; on none it does nothing.
func changeRows[T any](ctx context.Context, q *querier, texts rowsInsert, rows []T, values func(T) []any) error {
	for batch := range batches(rows) {
		if err := q.change(ctx, texts.text(len(batch)), arguments(batch, values)...); err != nil {
			return err
		}
	}
	return nil
}

// arguments are the values of rows, one after the other.
func arguments[T any](rows []T, values func(T) []any) []any {
	var args []any
	for _, row := range rows {
		args = append(args, values(row)...)
	}
	return args
}

// parameter is the values of a row that is an ID.
func parameter(id domain.ID) []any { return []any{id} }
