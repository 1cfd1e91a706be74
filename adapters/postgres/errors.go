package postgres

import (
	"errors"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"example.com/healthcare/adapters/sqlstore"
)

// classify classifies an error of lib/pq. The PostgreSQL manual, appendix A, describes the
// classes and codes.
func classify(err error) sqlstore.Failure {
	e := pq.As(err)
	if _, ok := errors.AsType[*noPrimaryError](err); ok {
		return sqlstore.Failure{Kind: sqlstore.Unavailable, Text: err.Error()}
	}
	if e == nil {
		return sqlstore.Failure{}
	}
	return sqlstore.Failure{Kind: kindOf(e), Constraint: e.Constraint, Text: describe(e)}
}

func kindOf(e *pq.Error) sqlstore.FailureKind {
	if e.Code == pqerror.FeatureNotSupported && e.Routine == staleStatementRoutine {
		return sqlstore.Stale
	}
	switch e.Code {
	case pqerror.UniqueViolation:
		return sqlstore.Duplicate
	case pqerror.ForeignKeyViolation:
		return sqlstore.NoReference
	case pqerror.InsufficientPrivilege:
		return sqlstore.MissingPrivilege
	case pqerror.TRSerializationFailure, pqerror.TRDeadlockDetected:
		return sqlstore.Collision
	case pqerror.LockNotAvailable:
		return sqlstore.Locked
	case pqerror.ReadOnlySQLTransaction, // from a primary that has become a standby
		pqerror.FeatureNotSupported,                                  // from a standby that was sent a write
		pqerror.InvalidSQLStatementName, pqerror.DuplicatePstatement, // behind a pooler
		pqerror.IdleInTransactionSessionTimeout:
		return sqlstore.Unavailable
	}
	switch e.Code.Class() {
	case "08", // connection exception
		"28", // invalid authorization
		"3D", // no such database
		"53", // insufficient resources: disk full, out of memory, too many connections
		"57", // operator intervention: cancelled, shutting down, starting up
		"58": // system error: input or output
		return sqlstore.Unavailable
	}
	return sqlstore.Unknown
}

// staleStatementRoutine is the function in which PostgreSQL rejects a prepared statement whose
// result has changed. The error has no code of its own, and its message depends on the
// server's language.
const staleStatementRoutine = "RevalidateCachedQuery"

// describe returns a text for the log without stored values. It leaves out a message that can
// quote a value, such as "invalid input syntax for type date", and always the detail,
// which contains the row that violates a constraint.
func describe(e *pq.Error) string {
	var b strings.Builder
	b.WriteString("pq: " + e.Code.Name() + " (" + string(e.Code) + ")")
	if isLostStatement(e) {
		b.WriteString(": " + lostStatementHint)
	}
	if isBehindSequence(e) {
		b.WriteString(": " + sequenceBehindHint)
	}
	if e.Table != "" {
		b.WriteString(" table " + e.Table)
	}
	if e.Column != "" {
		b.WriteString(" column " + e.Column)
	}
	if e.Constraint != "" {
		b.WriteString(" constraint " + e.Constraint)
	}
	if e.Code == pqerror.InsufficientPrivilege { // The message names the object.
		b.WriteString(": " + e.Message)
	}
	switch e.Code.Class() {
	case "08", "0A", "28", "3D", "53", "57", "58":
		b.WriteString(": " + e.Message)
	}
	return b.String()
}

// rolledBack reports whether the error of a COMMIT says that the transaction was rolled back.
// A server that shuts down, and a pooler that has lost its server, can have committed it.
func rolledBack(err error) bool {
	e := pq.As(err)
	if e == nil {
		return errors.Is(err, pq.ErrInFailedTransaction)
	}
	switch e.Code {
	case pqerror.QueryCanceled: // A cancelled wait for a standby is a warning, and the commit succeeds.
		return true
	case pqerror.TRStatementCompletionUnknown:
		return false
	}
	return !e.Fatal() && e.Code.Class() != "08" && e.Code.Class() != "57"
}
