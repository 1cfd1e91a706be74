// Package sqlstore keeps the clinic's records in a SQL database. The statements have the
// same text for every engine; Engine holds the differences. Packages postgres and sqlite
// open its stores.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Engine describes how one database engine differs from the others.
type Engine struct {
	// RowLocks says that the engine locks single rows. An engine that allows one writer at
	// a time needs no such locks.
	RowLocks bool
	// TxOptions are the options of an Update's transaction.
	TxOptions *sql.TxOptions
	// NextEventID is an expression for the ID of a new event. The event must be the next one
	// that the transaction adds.
	NextEventID string
	// NextEventIDs is a query for the IDs of $1 new events, in ascending order. It can also
	// return only the first ID, if the others follow without a gap.
	NextEventIDs string
	// InsertEvents is a statement that adds events and their mentions. Its parameters are arrays:
	// $1 to $6 are the IDs, times (RFC 3339), actors (0 for none), subjects, evidence and data of
	// the events; $7 and $8 are the records and the events of the mentions. If it is empty, each
	// row has parameters of its own.
	InsertEvents string
	// Array makes a parameter of a slice. It is nil if InsertEvents is empty.
	Array func(slice any) driver.Valuer
	// AdvanceIDs returns statements that make the engine assign only IDs greater than $1 to rows
	// of the table.
	AdvanceIDs func(table string) []string
	// EventRange returns a condition and an order for the events that have a value in a
	// column and IDs above $1 and up to $3. They make the engine use the index on that
	// column and the ID. column can be an expression; value is a parameter.
	EventRange func(column, value string) (where, orderBy string)
	// LowestEventID is a query for a number that is at most the ID of each event from the time
	// $1 on, and above all IDs if there is none. It reads an index on the minute of events and
	// their IDs: the lowest ID of each minute from the first one with an event until
	// ports.MaxEventSkew later, because no event after that has a lower ID. HighestEventID does
	// the same for the events before $1, with the highest IDs and the last minute.
	LowestEventID, HighestEventID string
	// Rows is a query for about how many rows the table %s has. It is below 0 if the engine does
	// not know.
	Rows string
	// AmongIDs returns a condition that makes the engine look up the rows of the table whose
	// IDs the query selects.
	AmongIDs func(table, query string) string
	// WithoutIndex returns an expression with the same value for which the engine uses no
	// index. It is nil for an engine that knows how frequent values are.
	WithoutIndex func(expression string) string
	// Contains is the function whose result is positive if its first text contains its second.
	Contains string
	// SearchCandidates returns a condition that uses the index of the table to find all rows
	// that can have the words, and perhaps others; or nothing, if the index finds more than
	// MaxCandidates of rows. get reads one row, and arg adds a parameter of the condition.
	SearchCandidates func(get func(dest any, query string, args ...any) error, table string, words SearchWords, rows float64, limit int, arg func(any) string) (string, error)
	// SharedIndexing is used by Updates that share a transaction, which an engine with RowLocks
	// has not.
	SharedIndexing SharedIndexing
	// Probe returns nil if a change can be committed now, and otherwise the reason. It does
	// not change the database. It uses the connection that New calls prober.
	Probe func(context.Context, *sqlx.DB) error
	// CheckPrivileges returns ErrMissingPrivilege if the store lacks a privilege that it
	// needs. It can be nil.
	CheckPrivileges func(context.Context, *sqlx.DB) error
	// CheckFile returns an error if the database is not the one that was opened, such as a
	// file that was replaced. Its result can be cached for up to age. It can be nil.
	CheckFile func(age time.Duration) error
	// CheckUnchanged runs after each View of a database that others may change without the
	// engine noticing. It can be nil.
	CheckUnchanged func() error
	// LastStep is the last step of the schema that the program knows.
	LastStep int64
	// ConnectionWait is how long a read waits for a connection, and an Update if all connections are
	// alike. 0 means one second.
	ConnectionWait time.Duration
	// WriteWait is how long an Update of an engine that allows one writer at a time waits for its
	// turn and for the lock of another process, both together: if the waits added up, each Update
	// in a line would wait once for each one before it.
	WriteWait time.Duration
	// RolledBack reports whether the error of a COMMIT says that nothing was committed.
	RolledBack func(error) bool
	// Classify classifies an error of the driver. It does not get the errors that are the
	// same for every driver, such as that of a context that has ended.
	Classify func(error) Failure
}

// Store is a ports.Store in a SQL database.
type Store struct {
	engine    Engine
	reader    *statements
	writer    *statements
	readiness *readiness
	// shared is nil if each Update has its own transaction.
	shared *sharedUpdates
	// schemaChecked is the time of the last successful check of the schema, in Unix nanoseconds.
	schemaChecked atomic.Int64
}

var _ ports.Store = (*Store)(nil)

// New returns a store that reads through reader and writes through writer, which can be the
// same. With prepared, each statement is prepared once per connection. prober has one
// connection, which only Ready uses. Close closes all three. The caller must have checked
// the schema (see Schema.Check).
func New(engine Engine, reader, writer, prober *sqlx.DB, prepared bool) *Store {
	s := &Store{engine: engine, reader: newStatements(reader, prepared, cmp.Or(engine.ConnectionWait, defaultConnectionWait)), readiness: newReadiness(prober)}
	s.schemaChecked.Store(time.Now().UnixNano())
	s.writer = s.reader
	if writer != reader {
		s.writer = newStatements(writer, prepared, engine.WriteWait)
	}
	if !engine.RowLocks {
		s.shared = &sharedUpdates{store: s, maxWait: engine.WriteWait, maxShareTime: maxShareTime}
	}
	return s
}

// defaultConnectionWait is the ConnectionWait of an engine that has none.
const defaultConnectionWait = time.Second

// Close closes all connections, each one when its statement or transaction has ended. If the
// engine allows one writer at a time, it first waits until all Updates have ended.
func (s *Store) Close() error {
	if s.shared != nil {
		s.shared.close()
	}
	err := s.reader.db.Close()
	if s.writer != s.reader {
		err = errors.Join(err, s.writer.db.Close())
	}
	return errors.Join(err, s.readiness.db.Close())
}

// Ready implements ports.Store with a few cheap queries. If no change was committed within
// the last second, it also runs the engine's probe. The error has the code of its cause,
// if there is one.
func (s *Store) Ready(ctx context.Context) error {
	err := s.checkFile(time.Second)
	if err == nil {
		err = s.readiness.check(ctx, s.engine)
	}
	if err != nil && domain.KindOf(err) != domain.Unavailable {
		err = domain.ErrUnavailable(err)
	}
	return addCode(err)
}

// checkFile returns Unavailable if the database is not the one that was opened.
func (s *Store) checkFile(age time.Duration) error {
	if s.engine.CheckFile == nil {
		return nil
	}
	if err := s.engine.CheckFile(age); err != nil {
		return domain.ErrUnavailable(err)
	}
	return nil
}

// View implements ports.Store without a transaction: each read is a statement of its own,
// and takes one round trip.
func (s *Store) View(_ context.Context, fn func(ports.Tx) error) error {
	if err := s.checkFile(time.Second); err != nil {
		return err
	}
	err := fn(tx{&querier{engine: s.engine, statements: s.reader}})
	if s.engine.CheckUnchanged != nil {
		// Return this error rather than that of fn, which may be a consequence of it.
		if changed := s.engine.CheckUnchanged(); changed != nil {
			return domain.ErrUnavailable(changed)
		}
	}
	return err
}

const (
	// maxAttempts bounds how often Update runs fn.
	maxAttempts = 10
	// firstBackoff bounds the random wait after the first collision. The bound doubles with
	// each further collision.
	firstBackoff = 4 * time.Millisecond
)

// Update implements ports.Store with a transaction. It runs fn at most 10 times; if each
// run collides with another Update, the error is Unavailable. An error of a repository
// other than NotFound aborts the transaction, even if fn ignores the error.
//
// The error is also Unavailable in these cases:
//   - The connection is lost or ctx ends during the commit, so that it is unknown whether the
//     change was committed. The error is domain.ErrOutcomeUnknown.
//   - The database file was replaced during the Update. If the change was committed to the
//     old file, the error is domain.ErrOutcomeUnknown.
//   - A newer program has applied a migration that this program cannot work with.
func (s *Store) Update(ctx context.Context, fn func(ports.Tx) error) error {
	for attempt := range maxAttempts {
		err := s.tryUpdate(ctx, fn)
		var f *databaseError
		if !errors.As(err, &f) || f.kind != Collision {
			return err
		}
		select {
		case <-time.After(rand.N(firstBackoff << attempt)):
		case <-ctx.Done():
			return domain.ErrUnavailable(ctx.Err())
		}
	}
	return domain.ErrUnavailable(errors.New("sqlstore: transaction collided with others too many times"))
}

func (s *Store) tryUpdate(ctx context.Context, fn func(ports.Tx) error) (err error) {
	if err := s.checkFile(time.Second); err != nil {
		return err
	}
	if s.shared != nil {
		return s.shared.update(ctx, fn)
	}
	arrived := time.Now()
	if err := s.writer.queue.acquire(ctx); err != nil {
		return err
	}
	t, err := s.begin(ctx, arrived)
	if err != nil {
		s.writer.queue.release()
		return err
	}
	end := t.release
	t.release = func() { end(); s.writer.queue.release() }
	committing := false
	defer func() { // It also runs when fn panics.
		if !committing {
			t.rollback()
		}
	}()
	if err := s.run(ctx, t, fn); err != nil {
		return err
	}
	committing = true
	return s.commit(ctx, t)
}

// tx implements ports.Tx.
type tx struct{ *querier }

func (t tx) Users() ports.Users {
	return users{t.querier, lists[userRow, domain.User]{t.querier, userListSQL}}
}

func (t tx) Sessions() ports.Sessions               { return sessions{t.querier} }
func (t tx) Attempts() ports.Attempts               { return attempts{t.querier} }
func (t tx) IdempotencyKeys() ports.IdempotencyKeys { return idempotencyKeys{t.querier} }
func (t tx) Audit() ports.Audit                     { return audit{t.querier} }
func (t tx) Seals() ports.Seals                     { return seals{t.querier} }

func (t tx) Retention() ports.Retention { return retention{t.querier} }
func (t tx) Takeover() ports.Takeover   { return takeover{t} }

func (t tx) Doctors() ports.Doctors {
	return doctors{recordsOf(t, doctorKind), lists[doctorRow, domain.Doctor]{t.querier, doctorListSQL}}
}

func (t tx) DoctorHistory() ports.History[domain.Doctor] { return historyOf(t, doctorKind) }

func (t tx) Patients() ports.Patients {
	return patients{recordsOf(t, patientKind), lists[patientViewRow, domain.PatientView]{t.querier, patientListSQL}}
}

func (t tx) PatientHistory() ports.History[domain.Patient] { return historyOf(t, patientKind) }

func (t tx) Mappings() ports.Mappings {
	return mappings{recordsOf(t, mappingKind), lists[assignmentRow, domain.Assignment]{t.querier, assignmentListSQL}}
}

func (t tx) MappingHistory() ports.History[domain.Mapping] { return historyOf(t, mappingKind) }

const selectStoreID = `SELECT id FROM store_id`

func (t tx) StoreID(ctx context.Context) (domain.StoreID, error) {
	var text string
	if err := t.get(ctx, &text, selectStoreID); err != nil {
		return domain.StoreID{}, fmt.Errorf("sqlstore: read the ID of the store: %w", err)
	}
	id, err := domain.ParseStoreID(text)
	if err != nil {
		return id, errors.New("sqlstore: the ID in the table store_id is malformed")
	}
	return id, nil
}

// kinds holds every kind in domain.RecordKinds.
var kinds = map[domain.SubjectKind]anyKind{
	domain.SubjectDoctor:  doctorKind,
	domain.SubjectPatient: patientKind,
	domain.SubjectMapping: mappingKind,
}

func recordsOf[R rowOf[T], T domain.Record](t tx, kind kind[R, T]) records[R, T] {
	return records[R, T]{t.querier, kind}
}

func historyOf[R rowOf[T], T domain.Record](t tx, kind kind[R, T]) history[R, T] {
	return history[R, T]{recordsOf(t, kind)}
}
