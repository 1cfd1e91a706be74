package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type wrap = func(driver.Connector) driver.Connector

// engine opens an empty store. wrap can be nil.
type engine struct {
	name string
	open func(t testing.TB, wrap wrap) *sqlstore.Store
}

var engines = []engine{
	{"PostgreSQL", func(t testing.TB, wrap wrap) *sqlstore.Store {
		store, err := postgres.Open(t.Context(), pgtest.New(t), postgres.Options{ConnectionWait: time.Minute, WrapDriver: wrap})
		return counted(t, store, err)
	}},
	{"SQLite", func(t testing.TB, wrap wrap) *sqlstore.Store {
		store, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{WriteWait: time.Minute, WrapDriver: wrap})
		return counted(t, store, err)
	}},
}

// unprepared is the engine without prepared statements, for comparison in benchmarks.
var unprepared = engine{"PostgreSQL_unprepared", func(t testing.TB, wrap wrap) *sqlstore.Store {
	store, err := postgres.Open(t.Context(), pgtest.New(t), postgres.Options{Unprepared: true, WrapDriver: wrap})
	return closing(t, store, err)
}}

// counted is closing for a store whose statements are counted. It turns off the check of the
// schema once a second, which would be counted on a slow machine.
func counted(t testing.TB, store *sqlstore.Store, err error) *sqlstore.Store {
	t.Helper()
	require.NoError(t, err)
	store.SkipSchemaChecks()
	return closing(t, store, nil)
}

func closing(t testing.TB, store *sqlstore.Store, err error) *sqlstore.Store {
	t.Helper()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

var now = time.Date(2024, time.February, 29, 23, 59, 58, 123456000, time.UTC)

func newUser() domain.User {
	return domain.User{
		Email:     domain.FromStored[domain.Email]("cuddy@clinic.example"),
		Role:      domain.Staff,
		CreatedAt: now,
	}
}

func newDoctor(license string) domain.Doctor {
	return domain.Doctor{
		Name:           domain.FromStored[domain.Name]("Gregory House"),
		JoinedAt:       domain.DateOf(now),
		Specialization: domain.FromStored[domain.Specialization]("Diagnostics"),
		LicenseNumber:  domain.StoredLicenseNumber(license, ""),
		Salary:         domain.FromStored[domain.Salary]("1234.50"),
	}
}

func newPatient(creator domain.ID) domain.Patient {
	return domain.Patient{
		CreatedBy:     creator,
		Name:          domain.FromStored[domain.Name]("Rebecca Adler"),
		DateOfBirth:   domain.FromStored[domain.Date]("1975-05-17"),
		MedicalRecord: domain.FromStored[domain.Text]("Aphasia."),
	}
}

func update(t testing.TB, store ports.Store, fn func(tx ports.Tx) error) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), fn))
}

// fill adds patients, each assigned to the same two doctors, and returns the ID of the first.
func fill(t testing.TB, store ports.Store, patients int) (first domain.ID) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		user, err := tx.Users().Add(t.Context(), newUser())
		if err != nil {
			return err
		}
		var doctors [2]domain.Doctor
		for i := range doctors {
			if doctors[i], err = ports.AddOne(t.Context(), tx.Doctors(), newDoctor(fmt.Sprint("NJ-", i))); err != nil {
				return err
			}
		}
		first = 0
		for range patients {
			patient, err := ports.AddOne(t.Context(), tx.Patients(), newPatient(user.ID))
			if err != nil {
				return err
			}
			for _, doctor := range doctors {
				mapping := domain.Mapping{PatientID: patient.ID, DoctorID: doctor.ID, AssignedAt: now}
				if _, err := tx.Mappings().Add(t.Context(), mapping); err != nil {
					return err
				}
			}
			if first == 0 {
				first = patient.ID
			}
		}
		return nil
	})
	return first
}

// counter counts the statements that a driver runs.
type counter struct{ statements atomic.Int64 }

func (c *counter) wrap(connector driver.Connector) driver.Connector {
	return countingConnector{connector, c}
}

// during returns how many statements fn runs.
func (c *counter) during(fn func()) int64 {
	before := c.statements.Load()
	fn()
	return c.statements.Load() - before
}

type countingConnector struct {
	driver.Connector
	*counter
}

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return countingConn{conn, c.counter}, err
}

// countingConn does not implement the interfaces for unprepared queries, so database/sql
// prepares each query and runs it as a countingStmt.
type countingConn struct {
	driver.Conn
	*counter
}

func (c countingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return countingStmt{stmt, c.counter}, err
}

type countingStmt struct {
	driver.Stmt
	*counter
}

func (s countingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.statements.Add(1)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s countingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.statements.Add(1)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}
