package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
)

// statements are a database handle and the statements that are prepared on it,
// by their text. The texts are made of constants, so there are some hundred at most.
type statements struct {
	db       *sqlx.DB
	prepared bool
	queue     *connQueue    // for whoever takes a connection
	cached    sync.Map // string -> *sqlx.Stmt
	missing   sync.Map // string -> struct{}
}

func newStatements(db *sqlx.DB, prepared bool, patience time.Duration) *statements {
	return &statements{db: db, prepared: prepared, queue: newConnQueue(db, patience)}
}

// prepare returns the prepared statement, or nil when there is none: the query can
// then run unprepared.
func (s *statements) prepare(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if stmt, ok := s.cached.Load(query); ok {
		return stmt.(*sqlx.Stmt), nil
	}
	if !s.prepared {
		return nil, nil
	}
	stmt, err := s.db.PreparexContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if earlier, loaded := s.cached.LoadOrStore(query, stmt); loaded {
		_ = stmt.Close()
		return earlier.(*sqlx.Stmt), nil
	}
	return stmt, nil
}

// within returns the prepared statement for use in tx, or nil when there is none
// yet. A transaction cannot prepare it for others: that takes a connection, and
// it may be holding the last one.
func (s *statements) inTx(ctx context.Context, tx *sqlx.Tx, query string) *sqlx.Stmt {
	if stmt, ok := s.cached.Load(query); ok {
		return tx.StmtxContext(ctx, stmt)
	}
	if s.prepared {
		s.missing.Store(query, struct{}{})
	}
	return nil
}

// prepareWanted prepares what transactions have lacked.
func (s *statements) prepareMissing(ctx context.Context) {
	s.missing.Range(func(query, _ any) bool {
		// Preparing waits for a table that is locked: once is enough.
		if _, err := s.prepare(ctx, query.(string)); err != nil { //nolint:sqlclosecheck // It stays prepared.
			return false
		}
		s.missing.Delete(query)
		return true
	})
}

// forget has a query prepared anew when it runs again. The statement that there was stays
// open: others may be running it.
func (s *statements) drop(query string) { s.cached.Delete(query) }

// querier runs the statements of one View or Update.
type querier struct {
	engine     Engine
	statements *statements
	tx         *sqlx.Tx // nil in a View
	wrote      bool
	// broken is the failure after which the transaction must not be committed.
	// Engines differ in what a transaction can still do after one.
	aborted error
}

// forChange locks rows that may be saved. Others can still refer to them: adding
// a patient does not wait for a login of who adds it (PostgreSQL manual, 13.3.2).
const forChange = ` FOR NO KEY UPDATE`

// forReference locks rows that are referred to: they may be saved, and not deleted.
const forReference = ` FOR KEY SHARE`

// locking returns clause where it is needed: in a transaction of an engine with
// row locks.
func (q *querier) locking(clause string) string {
	if q.tx == nil || !q.engine.RowLocks {
		return ""
	}
	return clause
}

// get reads one row into dest; none is NotFound.
func (q *querier) get(ctx context.Context, dest any, query string, args ...any) error {
	return q.run(ctx, query, func(stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
		if stmt != nil {
			return stmt.GetContext(ctx, dest, args...)
		}
		return sqlx.GetContext(ctx, direct, dest, query, args...)
	})
}

// entities reads all rows and returns what they are rows of; without rows the
// list is empty, not nil.
func entities[R interface{ entity() E }, E any](ctx context.Context, q *querier, query string, args ...any) ([]E, error) {
	var rows []R
	err := q.run(ctx, query, func(stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
		if stmt != nil {
			return stmt.SelectContext(ctx, &rows, args...)
		}
		return sqlx.SelectContext(ctx, direct, &rows, query, args...)
	})
	if err != nil {
		return nil, err
	}
	list := make([]E, len(rows))
	for i, row := range rows {
		list[i] = row.entity()
	}
	return list, nil
}

// returning runs a statement that writes to one row and reads into dest what it
// returns of it; none is NotFound.
func (q *querier) returning(ctx context.Context, dest any, query string, args ...any) error {
	if q.tx == nil {
		return errWriteInView
	}
	q.wrote = true
	return q.get(ctx, dest, query, args...)
}

// change runs a statement that writes to one row; none is NotFound.
func (q *querier) change(ctx context.Context, query string, args ...any) error {
	if q.tx == nil {
		return errWriteInView
	}
	q.wrote = true
	return q.run(ctx, query, func(stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
		var result sql.Result
		var err error
		if stmt != nil {
			result, err = stmt.ExecContext(ctx, args...)
		} else {
			result, err = direct.ExecContext(ctx, query, args...)
		}
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if err == nil && n == 0 {
			return sql.ErrNoRows
		}
		return err
	})
}

// changeAny runs a statement that writes to any number of rows, or only locks them.
func (q *querier) changeAny(ctx context.Context, query string, args ...any) error {
	err := q.change(ctx, query, args...)
	if domain.KindOf(err) == domain.NotFound {
		return nil
	}
	return err
}

// run calls do with the prepared statement, or with nil and what runs the query directly.
func (q *querier) run(ctx context.Context, query string, do func(*sqlx.Stmt, sqlx.ExtContext) error) error {
	if q.aborted != nil {
		return q.aborted
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	var err error
	if q.tx == nil {
		if err := q.statements.queue.acquire(ctx); err != nil {
			return err
		}
		defer q.statements.queue.release()
		var stmt *sqlx.Stmt
		stmt, err = q.statements.prepare(ctx, query)
		// A second attempt would wait as long again for a table that is locked.
		if err == nil || q.engine.Classify(err).Kind != Unavailable {
			err = do(stmt, q.statements.db)
		}
		if q.isStale(err) {
			q.statements.drop(query)
			err = do(nil, q.statements.db)
		}
	} else {
		err = do(q.statements.inTx(ctx, q.tx, query), q.tx)
		if q.isStale(err) {
			q.statements.drop(query)
		}
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return domain.ErrNotFound()
	}
	return q.refuse(q.translate(ctx, err, query))
}

func (q *querier) isStale(err error) bool {
	return err != nil && !errors.Is(err, sql.ErrNoRows) && q.engine.Classify(err).Kind == Stale
}

// refuse returns err, after which nothing of the transaction is kept.
func (q *querier) refuse(err error) error {
	if q.tx != nil {
		q.aborted = err
	}
	return err
}

// lock locks the rows that query selects, on an engine with row locks.
func (q *querier) lock(ctx context.Context, query string, args ...any) error {
	if !q.engine.RowLocks {
		return nil
	}
	return q.changeAny(ctx, query, args...)
}

var errWriteInView = errors.New("sqlstore: View cannot write")
