package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"

	"example.com/healthcare/domain"
)

// FailureKind is what an error of a database means to the store.
type FailureKind uint8

// The kinds of failure. The zero value is Unknown: a fault of ours.
const (
	Unknown FailureKind = iota
	// Duplicate is a violated unique constraint; Failure.Constraint names it.
	Duplicate
	// NoReference is a violated foreign key.
	NoReference
	// Collision is a transaction that was given up in favour of another one; run
	// again, it may succeed.
	Collision
	// Stale is a statement that was prepared before a step of the schema gave its result
	// another form. Prepared anew it works.
	Stale
	// Unavailable is a database that does not answer, or cannot do its work now.
	Unavailable
	// MissingPrivilege is a right that the database does not give to the store (any
	// more). It is Unavailable to callers: somebody can give it.
	MissingPrivilege
)

// ErrMissingPrivilege says that the database does not give the store a right that it needs.
var ErrMissingPrivilege = errors.New("missing privilege")

// Failure is an error of a database as the store understands it.
type Failure struct {
	Kind FailureKind
	// Constraint names a violated unique constraint as PostgreSQL does by
	// default: table_column_key.
	Constraint string
	// Text describes the error for the log. It must hold nothing that is stored
	// or was to be stored.
	Text string
}

// duplicates are the unique constraints that callers can run into.
var duplicates = map[string]func() error{
	"users_email_key":                   domain.ErrEmailTaken,
	"doctors_license_key_key":           domain.ErrLicenseTaken,
	"patients_external_id_key":          domain.ErrExternalIDTaken,
	"mappings_patient_id_doctor_id_key": domain.ErrAlreadyAssigned,
	"audit_seals_number_key":            domain.ErrSealed,
}

// failed is an error of the database whose text holds no stored value. The
// driver's own error is left out: it may quote what it could not store or read.
type failed struct {
	kind  FailureKind
	text  string
	cause error // a context's error, ErrMissingPrivilege or nil
}

func (f *failed) Error() string { return "sqlstore: " + f.text }
func (f *failed) Unwrap() error { return f.cause }

// failure returns what a statement's error means to callers.
func (q *querier) failure(ctx context.Context, err error, query string) error {
	if errors.Is(err, ErrMissingPrivilege) {
		return domain.ErrUnavailable(err)
	}
	if ended := ctx.Err(); ended != nil {
		// Drivers report the end of ctx in ways of their own, such as "canceling
		// statement due to user request".
		return domain.ErrUnavailable(&failed{Unavailable, "ended early: " + ended.Error(), ended})
	}
	if lost(err) {
		return domain.ErrUnavailable(&failed{kind: Unavailable, text: err.Error()})
	}
	f := q.engine.Classify(err)
	switch f.Kind {
	case Unavailable:
		return domain.ErrUnavailable(&failed{kind: f.Kind, text: f.Text})
	case MissingPrivilege:
		return domain.ErrUnavailable(&failed{f.Kind, f.Text, ErrMissingPrivilege})
	case Duplicate:
		if taken, ok := duplicates[f.Constraint]; ok {
			return taken()
		}
	case Stale:
		f.Kind = Collision // The transaction is given up, and runs again without the statement.
	case Unknown, NoReference, Collision:
	}
	if f.Text == "" {
		// What is not the database's error may be database/sql's, which quotes a
		// value that it cannot convert.
		f.Text = fmt.Sprintf("unexpected %T", err)
	}
	return &failed{kind: f.Kind, text: f.Text + " in: " + strings.Join(strings.Fields(query), " ")}
}

// lost reports whether the connection is gone or none can be had.
func lost(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &network)
}

// isNoReference reports whether err is about a row that a foreign key needs.
func isNoReference(err error) bool {
	var f *failed
	return errors.As(err, &f) && f.kind == NoReference
}
