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
	// probeInterval is how long the store relies on a commit or a probe that succeeded.
	probeInterval = time.Second
	// probeTimeout bounds the check of readiness, whatever the deadline of its caller.
	probeTimeout = 5 * time.Second
)

// readinessCodes are shown to unauthenticated callers. The log has the details.
var readinessCodes = map[error]string{
	ErrSchemaUnknown:    "schema_unknown",
	ErrMissingPrivilege: "missing_privilege",
}

// addCode returns err with the code of its cause, if that has one.
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

// readiness checks whether the store can serve. It has its own connection, so that its
// result does not depend on how busy the store's connections are.
type readiness struct {
	*statements
	// probing is held by the one caller that queries the database.
	probing chan struct{}
	// lastCommit is when a commit or a probe last succeeded, in Unix nanoseconds.
	lastCommit atomic.Int64
}

func newReadiness(db *sqlx.DB) *readiness {
	return &readiness{statements: newStatements(db, false, probeTimeout), probing: make(chan struct{}, 1)}
}

// recordCommit records that a commit or a probe has just succeeded.
func (r *readiness) recordCommit() { r.lastCommit.Store(time.Now().UnixNano()) }

func (r *readiness) recentlyCommitted() bool {
	return time.Since(time.Unix(0, r.lastCommit.Load())) < probeInterval
}

// check returns nil if the database can be read, and if a commit or a probe succeeded
// recently or a probe succeeds now.
func (r *readiness) check(ctx context.Context, engine Engine) error {
	select {
	case r.probing <- struct{}{}:
		defer func() { <-r.probing }()
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
	// Ignore the caller's deadline. If it ended the check, the next caller would have to
	// start again.
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
			return q.translate(ctx, err, "check of privileges")
		}
	}
	if r.recentlyCommitted() {
		return nil
	}
	switch err := engine.Probe(ctx, r.db); {
	case domain.KindOf(err) == domain.Unavailable:
		return err
	case err != nil:
		return q.translate(ctx, err, "probe")
	}
	r.recordCommit()
	return nil
}

// checkTables runs a cheap query that fails if the database does not answer or has no tables.
func (q *querier) checkTables(ctx context.Context) error {
	var hasUsers bool
	return q.get(ctx, &hasUsers, `SELECT EXISTS (SELECT 1 FROM users)`)
}
