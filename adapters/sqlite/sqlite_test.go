package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
	"example.com/healthcare/ports/portstest"
)

// openEnv is the environment variable with the path of a file. If it is set, the test program
// opens the file instead of running tests (see TestOpenInManyProcessesAtOnce).
const openEnv = "SQLITE_TEST_OPEN"

func TestMain(m *testing.M) {
	if path := os.Getenv(openEnv); path != "" {
		store, err := sqlite.Open(context.Background(), path, sqlite.Options{})
		if err == nil {
			err = store.Close()
		}
		if err != nil {
			println(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func TestStore(t *testing.T) { portstest.TestStore(t, openNew) }

func TestConcurrentStore(t *testing.T) { portstest.TestConcurrentStore(t, openNew) }

func TestPagingWhileRecordsChange(t *testing.T) {
	portstest.TestPagingWhileRecordsChange(t, func(t *testing.T) ports.Store { return open(t, sqlitetest.New(t), sqlite.Options{}) })
}

func TestStoreUnprepared(t *testing.T) {
	portstest.TestStore(t, openUnprepared)
	portstest.TestConcurrentStore(t, openUnprepared)
}

// openNew opens an empty store whose changes wait long for each other, as is necessary on a busy
// machine.
func openNew(t *testing.T) ports.Store {
	return open(t, sqlitetest.New(t), sqlite.Options{WriteWait: time.Minute})
}

func openUnprepared(t *testing.T) ports.Store {
	return open(t, sqlitetest.New(t), sqlite.Options{Unprepared: true, WriteWait: time.Minute})
}

func newPath(t *testing.T) string { return filepath.Join(t.TempDir(), "records.db") }

func open(t *testing.T, path string, options sqlite.Options) *sqlstore.Store {
	t.Helper()
	store, err := sqlite.Open(t.Context(), path, options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

// direct returns a connection that the store does not know.
func direct(t *testing.T, path string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, conn.Close())
		require.NoError(t, db.Close())
	})
	return conn
}

func addDoctor(ctx context.Context, store ports.Store, license string) (added domain.Doctor, err error) {
	doctor := domain.Doctor{
		Name:           domain.FromStored[domain.Name]("Gregory House"),
		JoinedAt:       domain.DateOf(time.Now()),
		Specialization: domain.FromStored[domain.Specialization]("Diagnostics"),
		LicenseNumber:  domain.StoredLicenseNumber(license, ""),
		Salary:         domain.FromStored[domain.Salary]("1234.50"),
	}
	err = store.Update(ctx, func(tx ports.Tx) (err error) {
		added, err = ports.AddOne(ctx, tx.Doctors(), doctor)
		return err
	})
	return added, err
}

func all(t *testing.T, store ports.Store) (doctors []domain.Doctor) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) (err error) {
		doctors, err = tx.Doctors().List(t.Context(), domain.ListQuery{Limit: 10})
		return err
	}))
	return doctors
}

func TestPaths(t *testing.T) {
	for _, name := range []string{
		"plain.db", "with space.db", "50% ?mode=ro&x=#1.db", "ünïcödé 病歴.db", "%3f.db", "file:a.db", ":memory:", "a'b\"c.db",
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "new", name)
			store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			require.NoError(t, err)
			doctor, err := addDoctor(t.Context(), store, "NJ-1")
			require.NoError(t, err)

			folder, err := os.Stat(filepath.Dir(path))
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o700), folder.Mode().Perm())
			files, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, files, 3, "the file, its log and its index")
			for _, file := range files {
				info, err := file.Info()
				require.NoError(t, err)
				require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file.Name())
			}

			// After Close, one file holds everything.
			require.NoError(t, store.Close())
			files, err = os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, files, 1)
			require.Equal(t, name, files[0].Name())
			require.Equal(t, []domain.Doctor{doctor}, all(t, open(t, path, sqlite.Options{})))
		})
	}
}

func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	open(t, "records.db", sqlite.Options{})
	_, err := os.Stat("records.db")
	require.NoError(t, err)
}

// TestSettings checks every connection that the store makes.
func TestSettings(t *testing.T) {
	var conns []driver.Conn
	store := open(t, newPath(t), sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector {
		return hook{Connector: connector, connected: func(conn driver.Conn) { conns = append(conns, conn) }}
	}})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	all(t, store)
	time.Sleep(time.Second)
	require.NoError(t, store.Ready(t.Context()))
	require.Len(t, conns, 3, "a writer, a reader, and a connection for Ready")
	for i, conn := range conns {
		for pragma, want := range map[string]driver.Value{
			"journal_mode": "wal",
			"synchronous":  int64(2), // FULL
			"foreign_keys": int64(1),
			"temp_store":   int64(2), // MEMORY
			// The store itself waits for the writer's lock.
			"busy_timeout": []driver.Value{int64(0), int64(3000), int64(1000)}[i],
			"query_only":   []driver.Value{int64(0), int64(1), int64(0)}[i],
			// Only the writer deletes.
			"secure_delete": []driver.Value{int64(1), int64(0), int64(0)}[i],
		} {
			rows, err := conn.(driver.QueryerContext).QueryContext(t.Context(), "PRAGMA "+pragma, nil)
			require.NoError(t, err)
			value := make([]driver.Value, 1)
			require.NoError(t, rows.Next(value))
			require.NoError(t, rows.Close())
			require.Equal(t, want, value[0], "%s of connection %d", pragma, i)
		}
	}
}

func TestTimesAreMicroseconds(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	created := time.Date(1969, time.December, 31, 23, 59, 59, 999999000, time.UTC)
	user := domain.User{Email: domain.FromStored[domain.Email]("a@b.example"), Role: domain.Staff, CreatedAt: created}
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) (err error) {
		user, err = tx.Users().Add(t.Context(), user)
		return err
	}))
	var stored int64
	require.NoError(t, direct(t, path).QueryRowContext(t.Context(), `SELECT created_at FROM users`).Scan(&stored))
	require.Equal(t, int64(-1), stored)
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		found, err := tx.Users().Get(t.Context(), user.ID)
		require.Equal(t, user, found)
		return err
	}))
}

func TestOpenInManyProcessesAtOnce(t *testing.T) {
	path := newPath(t)
	processes := make([]*exec.Cmd, 6)
	outputs := make([]chan string, len(processes))
	for i := range processes {
		processes[i] = exec.Command(os.Args[0])
		processes[i].Env = append(os.Environ(), openEnv+"="+path)
		outputs[i] = make(chan string, 1)
		go func() {
			output, err := processes[i].CombinedOutput()
			if err != nil {
				output = append(output, err.Error()...)
			}
			outputs[i] <- string(output)
		}()
	}
	for _, output := range outputs {
		require.Empty(t, <-output)
	}
	status, err := sqlite.Status(t.Context(), path)
	require.NoError(t, err)
	require.NotEmpty(t, status)
	for _, step := range status {
		require.False(t, step.Pending(), step.Name)
	}
}

// TestOpeningAFileAgainKeepsTheLocksOfOtherStores also opens and closes the file in another
// process. If this process had lost its locks, that process would remove the log.
func TestOpeningAFileAgainKeepsTheLocksOfOtherStores(t *testing.T) {
	path := sqlitetest.New(t)
	store := open(t, path, sqlite.Options{})
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	for name, again := range map[string]func() (*sqlstore.Store, error){
		"to read": func() (*sqlstore.Store, error) { return sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{}) },
		"without migrating": func() (*sqlstore.Store, error) {
			return sqlite.Open(t.Context(), path, sqlite.Options{MustExist: true})
		},
		"to migrate": func() (*sqlstore.Store, error) { return sqlite.Open(t.Context(), path, sqlite.Options{}) },
	} {
		other, err := again()
		require.NoError(t, err, name)
		require.NoError(t, other.Close(), name)
		process := exec.Command(os.Args[0])
		process.Env = append(os.Environ(), openEnv+"="+path)
		output, err := process.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, output)
		require.FileExists(t, path+"-wal", name)
		require.FileExists(t, path+"-shm", name)
		_, err = addDoctor(t.Context(), store, "NJ-"+name)
		require.NoError(t, err, name)
	}
}

func TestStatusCreatesNothing(t *testing.T) {
	path := newPath(t)
	_, err := sqlite.Status(t.Context(), path)
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoFileExists(t, path)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	status, err := sqlite.Status(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, "00001_clinic.sql", status[0].Name)
	for _, step := range status {
		require.True(t, step.Pending(), step.Name)
	}
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Size())
}

func TestFileLockedByAnotherProcess(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	other := direct(t, path)
	_, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	require.Empty(t, all(t, store), "readers do not wait")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = addDoctor(ctx, store, "NJ-1")
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	_, err = addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
}

func TestFullDisk(t *testing.T) {
	store := open(t, newPath(t), sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector {
		return hook{Connector: connector, connected: func(conn driver.Conn) {
			run(t, conn, "PRAGMA max_page_count = 1")
		}}
	}})
	err := store.Update(t.Context(), func(tx ports.Tx) error {
		user := domain.User{Email: domain.FromStored[domain.Email]("a@b.example"), Role: domain.Staff, CreatedAt: time.Now()}
		user.PasswordHash = domain.StoredPasswordHash(string(make([]byte, 1<<20)))
		_, err := tx.Users().Add(t.Context(), user)
		return err
	})
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.NoError(t, store.Ready(t.Context()), "reading still works")
}

func TestAFileThatIsNotADatabaseIsRefused(t *testing.T) {
	path := newPath(t)
	require.NoError(t, os.WriteFile(path, []byte("Dear diary, this is no database at all."), 0o600))
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.ErrorContains(t, err, "not a database")
}

func TestADirectoryIsRefused(t *testing.T) {
	_, err := sqlite.Open(t.Context(), t.TempDir(), sqlite.Options{})
	require.ErrorContains(t, err, "is a directory")
}

// TestCommitThatFails violates a deferred foreign key just before the commit, so that the
// commit fails.
func TestCommitThatFails(t *testing.T) {
	broken := false
	store := open(t, newPath(t), sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector {
		return hook{Connector: connector, committing: func(conn driver.Conn) {
			if broken {
				run(t, conn, "PRAGMA defer_foreign_keys = ON")
				run(t, conn, "INSERT INTO mappings (patient_id, doctor_id, assigned_at) VALUES (404, 404, 0)")
			}
		}}
	}})
	before, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	broken = true
	_, err = addDoctor(t.Context(), store, "NJ-2")
	require.Error(t, err)
	require.Equal(t, []domain.Doctor{before}, all(t, store))
	broken = false
	_, err = addDoctor(t.Context(), store, "NJ-2")
	require.NoError(t, err)
}

func run(t *testing.T, conn driver.Conn, statement string) {
	_, err := conn.(driver.ExecerContext).ExecContext(t.Context(), statement, nil)
	require.NoError(t, err)
}

// hook is a driver that calls functions on events. Each function can be nil.
type hook struct {
	driver.Connector
	connected  func(driver.Conn)
	committing func(driver.Conn)
}

func (h hook) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := h.Connector.Connect(ctx)
	if err == nil && h.connected != nil {
		h.connected(conn)
	}
	if h.committing == nil {
		return conn, err
	}
	return hookedConn{conn, h}, err
}

type hookedConn struct {
	driver.Conn
	hook
}

func (c hookedConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
	return hookedTx{tx, c}, err
}

type hookedTx struct {
	driver.Tx
	conn hookedConn
}

func (tx hookedTx) Commit() error {
	tx.conn.committing(tx.conn.Conn)
	return tx.Tx.Commit()
}

// TestTheWaitsForTheTurnAndForTheLockAreOne lets an Update wait for another one of its store, and
// then for another process.
func TestTheWaitsForTheTurnAndForTheLockAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := newPath(t)
		store := open(t, path, sqlite.Options{})
		_, err := direct(t, path).ExecContext(t.Context(), "BEGIN EXCLUSIVE")
		require.NoError(t, err)
		var updates sync.WaitGroup
		defer updates.Wait()
		updates.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			_, err := addDoctor(ctx, store, "NJ-1")
			assert.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
		})
		time.Sleep(time.Millisecond) // The clock of synctest advances at once.
		start := time.Now()
		_, err = addDoctor(t.Context(), store, "NJ-2")
		assert.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
		assert.InDelta(t, 3, time.Since(start).Seconds(), 0.001)
	})
}
