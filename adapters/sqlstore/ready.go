package sqlstore

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
)

const (
	// probeInterval is how long a commit, or a probe, shows that changes can be committed.
	probeInterval = time.Second
	// probeTimeout bounds a probe, whoever asked for it.
	probeTimeout = 5 * time.Second
)

// codes tell strangers why the store cannot serve. The log has the cause.
var readinessCodes = map[error]string{
	ErrSchemaUnknown:    "schema_unknown",
	ErrMissingPrivilege: "missing_privilege",
}

// withCode returns err with the code of its cause.
func addCode(err error) error {
	for cause, code := range readinessCodes {
		if e, ok := errors.AsType[*domain.Error](err); ok && errors.Is(err, cause) {
			coded := *e
			coded.Code = code
			return &coded
		}
	}
	return err
}

// readiness answers whether the store can serve. It has a connection of its own, so
// that it says what the database does, however busy the store's connections are.
type readiness struct {
	*statements
	probe func(context.Context, *sqlx.DB) error
	// turn is held by the one caller that asks the database.
	probing chan struct{}
	// committed is when a change was last known to be possible, in Unix nanoseconds.
	lastCommit atomic.Int64
}

func newReadiness(db *sqlx.DB, probe func(context.Context, *sqlx.DB) error) *readiness {
	return &readiness{statements: newStatements(db, false, probeTimeout), probe: probe, probing: make(chan struct{}, 1)}
}

// confirm notes that a change has just been possible.
func (r *readiness) recordCommit() { r.lastCommit.Store(time.Now().UnixNano()) }

func (r *readiness) recentlyCommitted() bool {
	return time.Since(time.Unix(0, r.lastCommit.Load())) < probeInterval
}

// ask returns nil if the database can be read, and has been written to lately or can
// be now.
func (r *readiness) check(ctx context.Context, engine Engine) error {
	select {
	case r.probing <- struct{}{}:
		defer func() { <-r.probing }()
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
	// Not with the caller's deadline, which may be near: the next one waits for its turn
	// and would start again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout)
	defer cancel()
	q := &querier{engine: engine, statements: r.statements}
	if err := q.checkTables(ctx); err != nil {
		return err
	}
	if err := q.checkSchema(ctx); err != nil {
		return err
	}
	if engine.CheckPrivileges != nil {
		if err := engine.CheckPrivileges(ctx, r.db); err != nil {
			return q.translate(ctx, err, "the privileges")
		}
	}
	if r.recentlyCommitted() {
		return nil
	}
	switch err := r.probe(ctx, r.db); {
	case domain.KindOf(err) == domain.Unavailable:
		return err
	case err != nil:
		return q.translate(ctx, err, "the probe of readiness")
	}
	r.recordCommit()
	return nil
}

// usable is one cheap query, which also fails when the schema is missing.
func (q *querier) checkTables(ctx context.Context) error {
	var used bool
	return q.get(ctx, &used, `SELECT EXISTS (SELECT 1 FROM users)`)
}
