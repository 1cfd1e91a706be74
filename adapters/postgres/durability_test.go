package postgres_test

import (
	"context"
	"database/sql/driver"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/ports"
)

// TestAcknowledgedCommitsSurviveAKilledServer kills a server that by default acknowledges
// commits before they are on the disk.
func TestAcknowledgedCommitsSurviveAKilledServer(t *testing.T) {
	server := pgtest.Start(t, "wal_writer_delay=10s")
	licenses := map[string]bool{}
	for name, weaken := range map[string]string{
		"role":     `ALTER ROLE postgres SET synchronous_commit = off`,
		"database": `ALTER DATABASE postgres SET synchronous_commit = off`,
	} {
		do(t, server.DSN(), weaken)
		store, err := postgres.Open(t.Context(), server.DSN(), postgres.Options{})
		require.NoError(t, err)
		defer store.Close() // It returns an error, because its connections are lost.
		for range 5 {
			license := add(t, store, name+time.Now().Format(time.RFC3339Nano)).LicenseNumber.String()
			licenses[license] = true
		}
		server.Kill(t)
		server.Restart(t)
		do(t, server.DSN(), `ALTER ROLE postgres RESET synchronous_commit; ALTER DATABASE postgres RESET synchronous_commit`)
		doctors, err := all(t.Context(), store)
		require.NoError(t, err)
		for _, doctor := range doctors {
			delete(licenses, doctor.LicenseNumber.String())
		}
		require.Empty(t, licenses, "lost, with the default of the %s", name)
	}
}

// TestChangedDefaultsOfSynchronousCommitAreNoticed changes the default while a store has
// connections.
func TestChangedDefaultsOfSynchronousCommitAreNoticed(t *testing.T) {
	server := pgtest.Start(t)
	during := &watchedCommits{}
	store := open(t, server.DSN(), postgres.Options{MaxConnections: 1, WrapDriver: during.wrap})
	for license, level := range map[string]string{"NJ-1": "off", "NJ-2": "on", "NJ-3": "local", "NJ-4": "remote_apply"} {
		do(t, server.DSN(), `ALTER SYSTEM SET synchronous_commit = `+level)
		query[bool](t, server.DSN(), `SELECT pg_reload_conf()`)
		time.Sleep(1100 * time.Millisecond)
		add(t, store, license)
		require.NotContains(t, []string{"off", "local"}, during.level.Load())
		add(t, store, license+"-again")
		require.NotContains(t, []string{"off", "local"}, during.level.Load())
	}
}

// TestTransactionsRaiseSynchronousCommitAndNeverLowerIt also checks the session after the
// transaction, because behind a pooler it is passed on to another client.
func TestTransactionsRaiseSynchronousCommitAndNeverLowerIt(t *testing.T) {
	for level, want := range map[string]string{
		"off": "on", "local": "on", "on": "on", "remote_write": "remote_write", "remote_apply": "remote_apply",
	} {
		t.Run(level, func(t *testing.T) {
			dsn := pgtest.New(t)
			do(t, dsn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = `+level+`'; END $$`)
			during := &watchedCommits{}
			store := open(t, dsn, postgres.Options{MaxConnections: 1, WrapDriver: during.wrap})
			for _, license := range []string{"NJ-1", "NJ-2"} {
				add(t, store, license)
				require.Equal(t, want, during.level.Load())
				require.Equal(t, level, show(t, during.conn, "synchronous_commit"), "after the transaction")
			}
		})
	}
}

// watchedCommits records the value of synchronous_commit at the last commit.
type watchedCommits struct {
	conn  driver.Conn
	level atomic.Value
}

func (w *watchedCommits) wrap(connector driver.Connector) driver.Connector {
	return watchedConnector{connector, w}
}

type watchedConnector struct {
	driver.Connector
	*watchedCommits
}

func (c watchedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return watchedConn{unpreparedConn{conn}, c.watchedCommits}, err
}

type watchedConn struct {
	unpreparedConn
	*watchedCommits
}

func (c watchedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.unpreparedConn.BeginTx(ctx, options)
	return watchedTx{tx, c}, err
}

type watchedTx struct {
	driver.Tx
	watchedConn
}

func (tx watchedTx) Commit() error {
	level, err := setting(tx.unpreparedConn, "synchronous_commit")
	if err != nil {
		return err
	}
	tx.level.Store(level)
	tx.watchedCommits.conn = tx.unpreparedConn
	return tx.Tx.Commit()
}

func (tx watchedTx) Rollback() error { return tx.Tx.Rollback() }

func show(t *testing.T, conn driver.Conn, name string) string {
	t.Helper()
	value, err := setting(conn, name)
	require.NoError(t, err)
	return value
}

func setting(conn driver.Conn, name string) (string, error) {
	rows, err := conn.(driver.QueryerContext).QueryContext(context.Background(), "SHOW "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil {
		return "", err
	}
	return value[0].(string), nil
}

// TestRaisingSynchronousCommitTakesNoRoundTrip counts the messages to the server, with a
// synchronous and an asynchronous default.
func TestRaisingSynchronousCommitTakesNoRoundTrip(t *testing.T) {
	for _, level := range []string{"on", "off"} {
		dsn := pgtest.New(t)
		do(t, dsn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET synchronous_commit = `+level+`'; END $$`)
		proxy, proxied := pgtest.StartProxy(t, dsn)
		store := open(t, proxied, postgres.Options{MaxConnections: 1})
		updateNothing := func() { require.NoError(t, store.Update(t.Context(), func(ports.Tx) error { return nil })) }
		updateNothing() // The first Update checks the default.
		const updates = 200
		before, looked := proxy.ToServer.Messages.Load(), time.Now()
		for range updates {
			updateNothing()
		}
		// A BEGIN and a COMMIT for each Update. Once a second, BEGIN also checks the default, and
		// raising the level then takes one more message. So does the check of the schema.
		sent := proxy.ToServer.Messages.Load() - before
		require.LessOrEqual(t, sent, 2*updates+2*(1+int64(time.Since(looked).Seconds())), level)
		require.GreaterOrEqual(t, sent, int64(2*updates), level)
	}
}

func TestAServerWithFsyncOffIsRefused(t *testing.T) {
	dsn := pgtest.New(t)
	do(t, dsn, `DO $$ BEGIN EXECUTE 'ALTER DATABASE ' || current_database() || ' SET healthcare.throwaway = off'; END $$`)
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	require.ErrorContains(t, err, "fsync=off")
}

func TestAServerWithoutFullPageWritesCausesAWarning(t *testing.T) {
	server := pgtest.Start(t, "healthcare.throwaway=off", "fsync=on")
	var log strings.Builder
	open(t, server.DSN(), postgres.Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	require.Contains(t, log.String(), "level=WARN")
	require.Contains(t, log.String(), "full_page_writes=off")
}
