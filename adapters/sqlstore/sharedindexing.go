package sqlstore

import "context"

// SharedIndexing makes an engine put the rows of several Updates into its search indexes
// together, if these share a transaction.
type SharedIndexing struct {
	// Begin is a statement after which rows that the transaction writes are only noted.
	Begin string
	// End are the statements that put the noted rows into the search indexes and undo Begin. A
	// transaction that has run Begin must run them before it is committed. They have no effect
	// in others.
	End []string
}

// beginIndexing makes the transaction note the rows for the search indexes from now on.
func (t *sharedTx) beginIndexing(ctx context.Context) error {
	wrote := t.wrote
	err := t.changeAny(ctx, t.engine.SharedIndexing.Begin)
	t.wrote = wrote // The notes are no change that a caller could miss.
	t.indexing = err == nil
	return err
}

// endIndexing puts the rows that were noted into the search indexes.
func (t *sharedTx) endIndexing(ctx context.Context) error {
	if !t.indexing {
		return nil
	}
	wrote := t.wrote
	err := t.indexNoted(ctx)
	t.wrote = wrote
	return err
}

// indexNoted puts the rows that the transaction has noted into the search indexes. Rows that it
// writes later are indexed at once.
func (q *querier) indexNoted(ctx context.Context) error {
	if q.tx == nil {
		return nil
	}
	for _, statement := range q.engine.SharedIndexing.End {
		if err := q.changeAny(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
