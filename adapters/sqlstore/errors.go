package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"example.com/healthcare/domain"
)

// FailureKind classifies the errors of a database.
type FailureKind uint8

// The kinds of failure. The zero value is Unknown: a bug in this program.
const (
	Unknown FailureKind = iota
	// Duplicate is a violated unique constraint, which Failure.Constraint names.
	Duplicate
	// NoReference is a violated foreign key.
	NoReference
	// Collision is a transaction that the database has aborted in favour of another one. It
	// can succeed when it runs again.
	Collision
	// Stale is a prepared statement whose result has changed its form in a migration. It
	// works when it is prepared again.
	Stale
	// Locked is a statement that another transaction has kept from a lock. BEGIN is tried again;
	// callers of other statements get Unavailable.
	Locked
	// Unavailable is a database that does not answer or cannot do the work now.
	Unavailable
	// MissingPrivilege is a privilege that the database has not granted. Callers get
	// Unavailable, because an administrator can grant it.
	MissingPrivilege
)

// ErrMissingPrivilege says that the database has not granted a privilege that the store needs.
var ErrMissingPrivilege = errors.New("missing privilege")

// Failure describes an error of a database.
type Failure struct {
	Kind FailureKind
	// Constraint is the name that PostgreSQL gives a violated unique constraint by
	// default: table_column_key.
	Constraint string
	// Text describes the error for the log. It must not contain stored values, or values
	// that were to be stored.
	Text string
}

// duplicateErrors maps the unique constraints that callers can violate to their errors.
var duplicateErrors = map[string]func() error{
	"users_email_key":                   domain.ErrEmailTaken,
	"doctors_license_key_key":           domain.ErrLicenseTaken,
	"patients_external_id_key":          domain.ErrExternalIDTaken,
	"mappings_patient_id_doctor_id_key": domain.ErrAlreadyAssigned,
	"audit_seals_number_key":            domain.ErrSealed,
}

// databaseError is an error of the database whose text contains no stored value. It does
// not wrap the driver's error, which can quote a value that could not be stored or read.
type databaseError struct {
	kind  FailureKind
	text  string
	cause error // a context's error, ErrMissingPrivilege or nil
}

func (f *databaseError) Error() string { return "sqlstore: " + f.text }
func (f *databaseError) Unwrap() error { return f.cause }

// translate turns the error of a statement into the error that callers get.
func (q *querier) translate(ctx context.Context, err error, query string) error {
	if errors.Is(err, ErrMissingPrivilege) {
		return domain.ErrUnavailable(err)
	}
	if ended := ctx.Err(); ended != nil {
		// Each driver reports the end of ctx with another text, such as "canceling
		// statement due to user request".
		return domain.ErrUnavailable(&databaseError{Unavailable, "context ended: " + ended.Error(), ended})
	}
	if isConnectionLost(err) {
		return domain.ErrUnavailable(&databaseError{kind: Unavailable, text: err.Error()})
	}
	f := q.engine.Classify(err)
	switch f.Kind {
	case Unavailable, Locked:
		return domain.ErrUnavailable(&databaseError{kind: f.Kind, text: f.Text})
	case MissingPrivilege:
		return domain.ErrUnavailable(&databaseError{f.Kind, f.Text, ErrMissingPrivilege})
	case Duplicate:
		if taken, ok := duplicateErrors[f.Constraint]; ok {
			return taken()
		}
	case Stale:
		f.Kind = Collision // Run the transaction again, without the prepared statement.
	case Unknown, NoReference, Collision:
	}
	if f.Text == "" {
		// An error of database/sql can quote a value that it cannot convert.
		f.Text = fmt.Sprintf("unexpected %T", err)
	}
	return &databaseError{kind: f.Kind, text: f.Text + " in: " + strings.Join(strings.Fields(query), " ")}
}

// isConnectionLost reports whether the connection was lost or could not be made. It ends with
// EOF if a proxy accepts it although its server is down.
func isConnectionLost(err error) bool {
	var network net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.As(err, &network)
}

// isNoReference reports whether err is a violated foreign key.
func isNoReference(err error) bool {
	var f *databaseError
	return errors.As(err, &f) && f.kind == NoReference
}
