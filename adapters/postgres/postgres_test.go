package postgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"net/url"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
	"example.com/healthcare/ports/portstest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) { portstest.TestStore(t, openPatient) }

func TestConcurrentStore(t *testing.T) { portstest.TestConcurrentStore(t, openPatient) }

// openPatient opens an empty store that waits long for locks and connections, as is necessary on a busy
// machine.
func openPatient(t *testing.T) ports.Store {
	address, err := url.Parse(pgtest.New(t))
	require.NoError(t, err)
	settings := address.Query()
	settings.Set("lock_timeout", "60s")
	address.RawQuery = settings.Encode()
	return open(t, address.String(), postgres.Options{ConnectionWait: time.Minute})
}

func TestPagingWhileRecordsChange(t *testing.T) {
	portstest.TestPagingWhileRecordsChange(t, func(t *testing.T) ports.Store { return open(t, pgtest.New(t), postgres.Options{}) })
}

// TestUnprepared reads and writes with a driver that cannot prepare statements. Package sqlite
// runs the whole contract suite unprepared, where it takes less time.
func TestUnprepared(t *testing.T) {
	store := open(t, pgtest.New(t), postgres.Options{
		Unprepared: true,
		WrapDriver: func(connector driver.Connector) driver.Connector { return unpreparedConnector{connector} },
	})
	want := add(t, store, "NJ-1")
	want.Name = domain.FromStored[domain.Name]("Lisa Cuddy")
	for range 3 {
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			if _, err := tx.Doctors().Get(t.Context(), want.ID); err != nil {
				return err
			}
			return tx.Doctors().Save(t.Context(), want)
		}))
	}
	got, err := all(t.Context(), store)
	require.NoError(t, err)
	require.Equal(t, []domain.Doctor{want}, got)
}

type unpreparedConnector struct{ driver.Connector }

func (c unpreparedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return unpreparedConn{conn}, err
}

type unpreparedConn struct{ driver.Conn }

func (unpreparedConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("prepared") }

func (c unpreparedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

func (c unpreparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func (c unpreparedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func open(t *testing.T, dsn string, options postgres.Options) *sqlstore.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), dsn, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func newDoctor(license string) domain.Doctor {
	return domain.Doctor{
		Name:           domain.FromStored[domain.Name]("Gregory House"),
		JoinedAt:       domain.DateOf(time.Now()),
		Specialization: domain.FromStored[domain.Specialization]("Diagnostics"),
		LicenseNumber:  domain.StoredLicenseNumber(license, ""),
		Salary:         domain.FromStored[domain.Salary]("1234.50"),
	}
}

func add(t *testing.T, store ports.Store, license string) (added domain.Doctor) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) (err error) {
		added, err = ports.AddOne(t.Context(), tx.Doctors(), newDoctor(license))
		return err
	}))
	return added
}

func all(ctx context.Context, store ports.Store) (doctors []domain.Doctor, err error) {
	err = store.View(ctx, func(tx ports.Tx) (err error) {
		doctors, err = tx.Doctors().List(ctx, domain.ListQuery{Limit: 100})
		return err
	})
	return doctors, err
}

// query runs a statement on a connection of its own and returns the single value of its result.
func query[T any](t *testing.T, dsn, statement string) (value T) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.QueryRowContext(t.Context(), statement).Scan(&value))
	return value
}

func TestCommitThatFails(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{})
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-1"))
		require.True(t, query[bool](t, dsn, `
			SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
			WHERE datname = current_database() AND state = 'idle in transaction' AND application_name = 'healthcare'`))
		return err
	})
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	doctors, err := all(t.Context(), store)
	require.NoError(t, err)
	require.Empty(t, doctors)
}

// TestDeadlock runs two Updates that lock the same two rows in opposite order.
func TestDeadlock(t *testing.T) {
	store := open(t, pgtest.New(t), postgres.Options{})
	first, second := add(t, store, "NJ-1"), add(t, store, "NJ-2")
	var locked sync.WaitGroup
	locked.Add(2)
	var attempts [2]int
	var updates sync.WaitGroup
	for i, order := range [][2]domain.ID{{first.ID, second.ID}, {second.ID, first.ID}} {
		updates.Go(func() {
			err := store.Update(t.Context(), func(tx ports.Tx) error {
				attempts[i]++
				if _, err := tx.Doctors().Get(t.Context(), order[0]); err != nil {
					return err
				}
				if attempts[i] == 1 {
					locked.Done()
					locked.Wait()
				}
				_, err := tx.Doctors().Get(t.Context(), order[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	updates.Wait()
	require.Greater(t, attempts[0]+attempts[1], 2, "at least one of them ran again")
}

func TestWaitForALockEndsWithCtx(t *testing.T) {
	store := open(t, pgtest.New(t), postgres.Options{})
	doctor := add(t, store, "NJ-1")
	get := func(ctx context.Context) error {
		return store.Update(ctx, func(tx ports.Tx) error {
			_, err := tx.Doctors().Get(ctx, doctor.ID)
			return err
		})
	}
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		if _, err := tx.Doctors().Get(t.Context(), doctor.ID); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := get(ctx)
		require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		return nil
	}))
	require.NoError(t, get(t.Context()))
}

func TestAStoreReconnectsToARestartedServer(t *testing.T) {
	server := pgtest.Start(t)
	store := open(t, server.DSN(), postgres.Options{})
	added := add(t, store, "NJ-1")
	for name, end := range map[string]func(testing.TB){"stop": server.Stop, "kill": server.Kill} {
		end(t)
		require.Equal(t, domain.Unavailable, domain.KindOf(store.Ready(t.Context())), name)
		_, err := all(t.Context(), store)
		require.Equal(t, domain.Unavailable, domain.KindOf(err), "%s: %v", name, err)
		err = store.Update(t.Context(), func(ports.Tx) error { return nil })
		require.Equal(t, domain.Unavailable, domain.KindOf(err), "%s: %v", name, err)
		_, err = postgres.Open(t.Context(), server.DSN(), postgres.Options{})
		require.Equal(t, domain.Unavailable, domain.KindOf(err), "%s: %v", name, err)

		server.Restart(t)
		require.NoError(t, store.Ready(t.Context()), name)
		doctors, err := all(t.Context(), store)
		require.NoError(t, err, name)
		require.Equal(t, []domain.Doctor{added}, doctors, name)
	}
}

// TestAServerThatStopsAnsweringIsUnavailable uses a proxy that stops forwarding.
func TestAServerThatStopsAnsweringIsUnavailable(t *testing.T) {
	dsn := pgtest.New(t)
	proxy, proxied := pgtest.StartProxy(t, dsn)
	store := open(t, proxied, postgres.Options{ResponseTimeout: 200 * time.Millisecond, MaxConnections: 1})
	add(t, store, "NJ-1")
	proxy.ToServer.Hang()
	proxy.FromServer.Hang()
	_, err := all(t.Context(), store)
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
}
