package postgres_test

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// requireUnready requires that Ready fails with the reason within a second.
func requireUnready(t *testing.T, store ports.Store, reason string) {
	t.Helper()
	time.Sleep(time.Second) // Ready relies on the last commit for a second.
	err := store.Ready(t.Context())
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.ErrorContains(t, err, reason)
}

// do is execute for statements that must succeed.
func do(t *testing.T, dsn, statements string) {
	t.Helper()
	require.NoError(t, execute(t, dsn, statements))
}

func TestReadyFailsOnAStandby(t *testing.T) {
	server := pgtest.Start(t)
	store := open(t, server.DSN(), postgres.Options{})
	add(t, store, "NJ-1")
	server.Stop(t)
	server.RestartAsStandby(t)
	requireUnready(t, store, "database is read-only: the server is a standby")
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-2"))
		return err
	})
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	doctors, err := all(t.Context(), store)
	require.NoError(t, err)
	require.Len(t, doctors, 1)
}

// TestReadyFailsWithoutTheRequiredPrivileges revokes privileges and grants them again.
func TestReadyFailsWithoutTheRequiredPrivileges(t *testing.T) {
	server := pgtest.Start(t)
	do(t, server.DSN(), `CREATE ROLE app LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO app; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app`)
	address, err := url.Parse(server.DSN())
	require.NoError(t, err)
	address.User = url.User("app")
	store := open(t, address.String(), postgres.Options{})
	require.NoError(t, store.Ready(t.Context()))
	for object, privilege := range map[string]string{
		"audit_events": "INSERT", "audit_about": "INSERT", "audit_seals": "INSERT", "versions": "INSERT", "SEQUENCE audit_events_id_seq": "USAGE",
	} {
		do(t, server.DSN(), `REVOKE `+privilege+` ON `+object+` FROM app`)
		requireUnready(t, store, "missing privilege: the service's role has no "+privilege)
		do(t, server.DSN(), `GRANT `+privilege+` ON `+object+` TO app`)
		require.NoError(t, store.Ready(t.Context()), object)
	}
}

// TestADefaultOfReadOnlyIsOverridden checks that Ready and changes succeed.
func TestADefaultOfReadOnlyIsOverridden(t *testing.T) {
	server := pgtest.Start(t)
	do(t, server.DSN(), `ALTER DATABASE postgres SET default_transaction_read_only = on`)
	store := open(t, server.DSN(), postgres.Options{})
	require.NoError(t, store.Ready(t.Context()))
	add(t, store, "NJ-1")
}

// TestReadyFailsWhileTheDiskIsFull stores the audit trail on a small disk and fills that.
func TestReadyFailsWhileTheDiskIsFull(t *testing.T) {
	disk, err := os.MkdirTemp("", "small")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.Remove(disk)) })
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=777"); err != nil {
		t.Skipf("mounting a small disk requires root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, syscall.MNT_DETACH)) })
	folder := filepath.Join(disk, "tables")
	require.NoError(t, os.Mkdir(folder, 0o700))
	server := pgtest.Start(t)
	account, err := os.Stat(server.Dir())
	require.NoError(t, err)
	owner := account.Sys().(*syscall.Stat_t)
	require.NoError(t, os.Chown(folder, int(owner.Uid), int(owner.Gid)))
	do(t, server.DSN(), `CREATE TABLESPACE small LOCATION '`+folder+`'`)
	do(t, server.DSN(), `ALTER TABLE audit_events SET TABLESPACE small`)
	store := open(t, server.DSN(), postgres.Options{})
	require.NoError(t, store.Ready(t.Context()))

	rest := filepath.Join(disk, "rest")
	require.ErrorIs(t, os.WriteFile(rest, make([]byte, 2<<20), 0o600), syscall.ENOSPC)
	// The last page of the table has space for some more events.
	db, err := sql.Open("postgres", server.DSN())
	require.NoError(t, err)
	defer db.Close()
	for err == nil {
		_, err = db.ExecContext(t.Context(), `INSERT INTO audit_events (at, subject, evidence, data) VALUES (now(), 'user', '', '{}')`)
	}
	require.ErrorContains(t, err, "No space left on device")
	requireUnready(t, store, "No space left on device")
	require.NoError(t, os.Remove(rest))
	require.NoError(t, store.Ready(t.Context()))
}

// TestALockedTableLeavesTheRestUsable runs more readers of a locked table than the store has
// connections.
func TestALockedTableLeavesTheRestUsable(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{MaxConnections: 4})
	add(t, store, "NJ-1")
	locker := openDatabase(t, dsn, 1)
	tx, err := locker.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer tx.Rollback()
	_, err = tx.ExecContext(t.Context(), `LOCK TABLE patients`)
	require.NoError(t, err)

	var readers sync.WaitGroup
	for range 8 {
		readers.Go(func() {
			start := time.Now()
			err := store.View(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Patients().List(t.Context(), domain.ListQuery{Limit: 10})
				return err
			})
			if domain.KindOf(err) != domain.Unavailable || time.Since(start) > 6*time.Second {
				t.Errorf("after %s: %v", time.Since(start), err)
			}
		})
	}
	eventually(t, func() bool {
		return query[int](t, dsn, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`) == 4
	})
	start := time.Now()
	require.NoError(t, store.Ready(t.Context()))
	require.Less(t, time.Since(start), time.Second)
	start = time.Now()
	_, err = all(t.Context(), store)
	require.Less(t, time.Since(start), 2*time.Second)
	require.ErrorContains(t, err, "connection pool busy")
	busy := err.(*domain.Error) //nolint:errorlint // It is not wrapped.
	require.Equal(t, domain.Unavailable, busy.Kind)
	require.Equal(t, time.Second, busy.RetryAfter)
	stats := store.Stats()
	require.Zero(t, stats.Read)
	require.Zero(t, stats.Write)
	require.Equal(t, [...]int{4, 4}, [...]int{stats.All.InUse, stats.All.Max})
	readers.Wait()
	doctors, err := all(t.Context(), store)
	require.NoError(t, err, "the readers no longer hold connections")
	require.Len(t, doctors, 1)
	stats = store.Stats()
	require.Zero(t, stats.All.Waiting+stats.All.InUse)
	require.EqualValues(t, 5, stats.All.Waits, "four readers and the one that the pool was too busy for")
	require.Positive(t, stats.All.Refused)
	require.Greater(t, stats.All.Waited, time.Second)
}

// TestReadyFailsWhileTheTrailIsLocked checks that Ready names the reason before its callers stop
// waiting.
func TestReadyFailsWhileTheTrailIsLocked(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{})
	tx, err := openDatabase(t, dsn, 1).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `LOCK TABLE audit_events`)
	require.NoError(t, err)
	start := time.Now()
	err = store.Ready(t.Context())
	require.Less(t, time.Since(start), 2*time.Second)
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.ErrorContains(t, err, "lock_not_available")
	require.NoError(t, tx.Rollback())
	require.NoError(t, store.Ready(t.Context()))
}
