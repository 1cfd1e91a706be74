// Package sqlstore keeps the clinic's records in SQL. The text of the statements
// is the same for every engine; what differs is in Engine. Package postgres and
// package sqlite open it.
package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Engine is what differs between the databases.
type Engine struct {
	// RowLocks says that statements lock the rows they read where the store asks
	// for it. An engine with one writer at a time needs none.
	RowLocks bool
	// TxOptions begin the transaction of an Update.
	TxOptions *sql.TxOptions
	// NextEventIDs is the query for the IDs of $1 new events, in ascending order, or
	// for the first of them when the others follow without a gap.
	NextEventIDs string
	// EventsOf returns the condition and the order that read, by the index of a column
	// (or what stands for one) and the IDs, the events of one value, a parameter, with
	// IDs above $1 and up to $3.
	EventRange func(column, value string) (where, orderBy string)
	// Probe returns nil if a change could be committed now, and the reason if not; it
	// leaves nothing behind. It gets the connection that New calls prober.
	Probe func(context.Context, *sqlx.DB) error
	// Privileges, where it is set, returns an error if the store lacks a right that it
	// needs: ErrMissingPrivilege.
	CheckPrivileges func(context.Context, *sqlx.DB) error
	// InPlace, where it is set, returns an error if the database is not the one that was
	// opened any more, such as a file that was replaced. A nil result may be as old as
	// the given time.
	CheckFile func(age time.Duration) error
	// Unchanged, where it is set, is asked after each View, for a store that does not keep
	// others from changing what it reads.
	CheckUnchanged func() error
	// LastStep is the last step of the schema that the program knows.
	LastStep int64
	// WriteWait is how long an Update waits for its turn; 0 means a second, as for reads.
	WriteWait time.Duration
	// Classify reads an error of the driver. Errors that mean the same with every
	// driver, such as a context that ended, do not get there.
	Classify func(error) Failure
}

// Store is a ports.Store in a SQL database.
type Store struct {
	engine    Engine
	reader    *statements
	writer    *statements
	readiness *readiness
	// fitted is when the schema was last seen to be one that the program knows, in Unix
	// nanoseconds.
	schemaChecked atomic.Int64
}

var _ ports.Store = (*Store)(nil)

// New returns a store that reads through reader and writes through writer, which
// may be the same. With prepared, each statement is prepared once for each
// connection. prober is for Ready alone, and has one connection. The store owns all
// three: Close closes them. The schema was checked before (see Schema.Check).
func New(engine Engine, reader, writer, prober *sqlx.DB, prepared bool) *Store {
	s := &Store{engine: engine, reader: newStatements(reader, prepared, connWait), readiness: newReadiness(prober, engine.Probe)}
	s.schemaChecked.Store(time.Now().UnixNano())
	s.writer = s.reader
	if writer != reader {
		s.writer = newStatements(writer, prepared, cmp.Or(engine.WriteWait, connWait))
	}
	return s
}

// patience is how long a statement waits for a connection of the pool.
const connWait = time.Second

// Close waits for the statements that run and closes the connections. The store
// cannot be used any more.
func (s *Store) Close() error {
	err := s.reader.db.Close()
	if s.writer != s.reader {
		err = errors.Join(err, s.writer.db.Close())
	}
	return errors.Join(err, s.readiness.db.Close())
}

// Ready implements ports.Store with a few cheap queries. When no change was committed
// within a second, it also tries whether one could be. The code of the error is that of
// its cause, where it has one.
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

// inPlace returns Unavailable when the database is not the one that was opened.
func (s *Store) checkFile(age time.Duration) error {
	if s.engine.CheckFile == nil {
		return nil
	}
	if err := s.engine.CheckFile(age); err != nil {
		return domain.ErrUnavailable(err)
	}
	return nil
}

// View implements ports.Store without a transaction: each read is one statement
// by itself, and one round trip.
func (s *Store) View(_ context.Context, fn func(ports.Tx) error) error {
	if err := s.checkFile(time.Second); err != nil {
		return err
	}
	err := fn(tx{&querier{engine: s.engine, statements: s.reader}})
	if s.engine.CheckUnchanged != nil {
		// Then fn can have failed because of it.
		if changed := s.engine.CheckUnchanged(); changed != nil {
			return domain.ErrUnavailable(changed)
		}
	}
	return err
}

const (
	// maxAttempts bounds how often Update runs after collisions with others.
	maxAttempts = 10
	// firstBackoff is the longest wait after the first collision; it doubles each time.
	firstBackoff = 4 * time.Millisecond
)

// Update implements ports.Store with a transaction. It runs fn at most 10 times;
// when each run collided with another Update the error is Unavailable. An error
// of a repository other than NotFound ends the transaction also when fn drops it.
//
// When the connection is lost during the commit, nobody can tell whether it took
// place; the error is then Unavailable, too. So it is when the database was replaced
// meanwhile: the change went to where nobody will find it. It is Unavailable as well once
// a newer program has taken a step that this one cannot go on with.
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
	return domain.ErrUnavailable(errors.New("sqlstore: gave up after too many collisions with other transactions"))
}

func (s *Store) tryUpdate(ctx context.Context, fn func(ports.Tx) error) (err error) {
	if err := s.checkFile(time.Second); err != nil {
		return err
	}
	if err := s.writer.queue.acquire(ctx); err != nil {
		return err
	}
	defer s.writer.queue.release()
	s.writer.prepareMissing(ctx)
	q := &querier{engine: s.engine, statements: s.writer}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	// ctx ends the wait for the transaction, and each statement in it, but not the
	// transaction itself: database/sql would roll back on its own, while this
	// returns before that is done.
	txCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	begun := context.AfterFunc(ctx, cancel)
	q.tx, err = s.writer.db.BeginTxx(txCtx, s.engine.TxOptions)
	begun()
	if err != nil {
		return q.translate(ctx, err, "BEGIN")
	}
	committed := false
	defer func() { // Also when fn panics.
		if !committed {
			_ = q.tx.Rollback()
		}
	}()
	if err := s.checkSchema(ctx, q); err != nil {
		return err
	}
	if err := fn(tx{q}); err != nil {
		// A caller's own error must not hide that the transaction is to run again.
		var f *databaseError
		if errors.As(q.aborted, &f) && f.kind == Collision {
			return q.aborted
		}
		return err
	}
	if q.aborted != nil {
		return q.aborted
	}
	if err := ctx.Err(); err != nil {
		return domain.ErrUnavailable(err)
	}
	committed = true
	if err := q.tx.Commit(); err != nil {
		return q.translate(ctx, err, "COMMIT")
	}
	if err := s.checkFile(0); err != nil {
		return err
	}
	if q.wrote {
		s.readiness.recordCommit()
	}
	return nil
}

// tx gives the repositories.
type tx struct{ *querier }

func (t tx) Users() ports.Users       { return users{t.querier} }
func (t tx) Sessions() ports.Sessions { return sessions{t.querier} }
func (t tx) Attempts() ports.Attempts { return attempts{t.querier} }
func (t tx) Audit() ports.Audit       { return audit{t.querier} }
func (t tx) Seals() ports.Seals       { return seals{t.querier} }

func (t tx) Retention() ports.Retention { return retention{t.querier} }

func (t tx) Doctors() ports.Doctors                        { return doctors{recordsOf(t, doctorKind)} }
func (t tx) DoctorHistory() ports.History[domain.Doctor]   { return historyOf(t, doctorKind) }
func (t tx) Patients() ports.Patients                      { return patients{recordsOf(t, patientKind)} }
func (t tx) PatientHistory() ports.History[domain.Patient] { return historyOf(t, patientKind) }
func (t tx) Mappings() ports.Mappings                      { return mappings{recordsOf(t, mappingKind)} }
func (t tx) MappingHistory() ports.History[domain.Mapping] { return historyOf(t, mappingKind) }

// kinds is every kind of record, as domain.RecordKinds has them.
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
