package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
)

// statements is a database handle with a cache of the statements prepared on it, by their
// text. The texts consist of constants, so there are a few hundred at most. A text that
// begins with Unprepared is not kept.
type statements struct {
	db       *sqlx.DB
	prepared bool       // whether statements are prepared at all
	queue    *connQueue // Every user of a connection waits in it.
	cached   sync.Map   // string -> *sqlx.Stmt
	missing  sync.Map   // string -> struct{}
	// spanNames are the names of the statements' spans (see spanName).
	spanNames sync.Map // string -> string
}

func newStatements(db *sqlx.DB, prepared bool, patience time.Duration) *statements {
	return &statements{db: db, prepared: prepared, queue: newConnQueue(db, patience)}
}

// Unprepared begins the text of a statement that is one of very many, so that it is not kept
// prepared.
const Unprepared = "/* not prepared */ "

// prepare returns the prepared statement, or nil if statements are not prepared.
func (s *statements) prepare(ctx context.Context, query string) (*sqlx.Stmt, error) {
	if stmt, ok := s.cached.Load(query); ok {
		return stmt.(*sqlx.Stmt), nil
	}
	if !s.prepared || strings.HasPrefix(query, Unprepared) {
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

// inTx returns the prepared statement for use in tx, or nil if it is not prepared yet. A
// transaction cannot prepare it for the cache: that needs another connection, and the
// transaction may hold the last one.
func (s *statements) inTx(ctx context.Context, tx *sqlx.Tx, query string) *sqlx.Stmt {
	if stmt, ok := s.cached.Load(query); ok {
		return tx.StmtxContext(ctx, stmt)
	}
	if s.prepared && !strings.HasPrefix(query, Unprepared) {
		s.missing.Store(query, struct{}{})
	}
	return nil
}

// prepareMissing prepares the statements that inTx did not find.
func (s *statements) prepareMissing(ctx context.Context) {
	s.missing.Range(func(query, _ any) bool {
		// Stop at the first error: after a timeout at a locked table, the next one could time out too.
		if _, err := s.prepare(ctx, query.(string)); err != nil { //nolint:sqlclosecheck // The cache keeps it open.
			return false
		}
		s.missing.Delete(query)
		return true
	})
}

// drop removes a query from the cache, so that it is prepared again. The old statement
// stays open, because others may be using it.
func (s *statements) drop(query string) { s.cached.Delete(query) }

// querier runs the statements of one View or Update.
type querier struct {
	engine     Engine
	statements *statements
	tx         *sqlx.Tx // nil in a View
	wrote      bool
	// eventID is an ID for the event of the Update, 0 if there is none. The statement that adds
	// a version also gets it, which saves a round trip.
	eventID domain.ID
	// aborted is the error after which the transaction must not go on or commit. Engines
	// differ in what a transaction can still do after an error.
	aborted error
	// uninterrupted says that the end of a context must not interrupt a statement.
	uninterrupted bool
}

// forChange locks rows that are about to be saved. Other transactions can still refer to
// them: adding a patient does not wait for a login of its creator (PostgreSQL manual,
// 13.3.2).
const forChange = ` FOR NO KEY UPDATE`

// forReference locks rows that a new row refers to. They can be saved but not deleted.
const forReference = ` FOR KEY SHARE`

// locking returns clause in a transaction of an engine with row locks, and otherwise nothing.
func (q *querier) locking(clause string) string {
	if q.tx == nil || !q.engine.RowLocks {
		return ""
	}
	return clause
}

// get reads one row into dest. The error is NotFound if there is no row.
func (q *querier) get(ctx context.Context, dest any, query string, args ...any) error {
	return q.run(ctx, query, func(ctx context.Context, stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
		if stmt != nil {
			return stmt.GetContext(ctx, dest, args...)
		}
		return sqlx.GetContext(ctx, direct, dest, query, args...)
	})
}

// entities runs a query and returns the entities of its rows. Without rows the list is
// empty, not nil.
func entities[R interface{ entity() E }, E any](ctx context.Context, q *querier, query string, args ...any) ([]E, error) {
	var rows []R
	err := q.run(ctx, query, func(ctx context.Context, stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
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

// returning runs a statement that writes to one row and reads its RETURNING clause into
// dest. The error is NotFound if there is no row.
func (q *querier) returning(ctx context.Context, dest any, query string, args ...any) error {
	if q.tx == nil {
		return errWriteInView
	}
	q.wrote = true
	return q.get(ctx, dest, query, args...)
}

// change runs a statement that writes to rows. The error is NotFound if there are none.
func (q *querier) change(ctx context.Context, query string, args ...any) error {
	if q.tx == nil {
		return errWriteInView
	}
	q.wrote = true
	return q.run(ctx, query, func(ctx context.Context, stmt *sqlx.Stmt, direct sqlx.ExtContext) error {
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

// run calls do with the prepared statement or, if there is none, with nil and a handle that
// runs the query directly.
func (q *querier) run(ctx context.Context, query string, do runner) error {
	if q.aborted != nil {
		return q.aborted
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	if q.uninterrupted {
		ctx = context.WithoutCancel(ctx)
	}
	do = q.traced(ctx, query, do)
	var err error
	if q.tx == nil {
		if err := q.statements.queue.acquire(ctx); err != nil {
			return err
		}
		defer q.statements.queue.release()
		var stmt *sqlx.Stmt
		stmt, err = q.statements.prepare(ctx, query)
		// Do not run the query if preparing it timed out, for example at a locked table.
		if kind := q.engine.Classify(err).Kind; err == nil || kind != Unavailable && kind != Locked {
			err = do(ctx, stmt, q.statements.db)
		}
		if q.isStale(err) {
			q.statements.drop(query)
			err = do(ctx, nil, q.statements.db)
		}
	} else {
		err = do(ctx, q.statements.inTx(ctx, q.tx, query), q.tx)
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

// refuse aborts the transaction, if there is one, and returns err.
func (q *querier) refuse(err error) error {
	if q.tx != nil {
		q.aborted = err
	}
	return err
}

// lock runs a query that locks rows, if the engine has row locks.
func (q *querier) lock(ctx context.Context, query string, args ...any) error {
	if !q.engine.RowLocks {
		return nil
	}
	return q.changeAny(ctx, query, args...)
}

var errWriteInView = errors.New("sqlstore: View cannot write")
