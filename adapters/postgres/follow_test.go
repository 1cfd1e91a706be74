package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/revocations"
	"example.com/healthcare/domain"
)

// maxDelay bounds the time until a revocation is in force on every instance.
const maxDelay = time.Second

// instance follows the revocations of a database, like a running service.
type instance struct {
	*revocations.Set
	log  *journal
	stop func()
}

// journal is a log that can be read while it is being written.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.FieldsFunc(j.text.String(), func(r rune) bool { return r == '\n' })
}

// follow starts an instance on the database that dsn names, and waits until its revocations are
// loaded.
func follow(t *testing.T, dsn string) *instance {
	t.Helper()
	i := followSource(t, dsn, open(t, dsn, postgres.Options{}))
	eventually(t, func() bool { return i.state(1) != "unknown" })
	return i
}

// followSource starts an instance that loads missed revocations from source.
func followSource(t *testing.T, dsn string, source revocations.Source) *instance {
	t.Helper()
	i := &instance{Set: revocations.New(source, time.Hour), log: &journal{}}
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() {
		postgres.FollowRevocations(ctx, dsn, i.Set, slog.New(slog.NewTextHandler(i.log, nil)))
	})
	i.stop = func() {
		cancel()
		following.Wait()
	}
	t.Cleanup(i.stop)
	return i
}

// state returns what the instance knows about a session: "revoked", "live" or "unknown".
func (i *instance) state(session domain.ID) string {
	revoked, known := i.Revoked(session)
	switch {
	case revoked:
		return "revoked"
	case known:
		return "live"
	}
	return "unknown"
}

// requireInTime fails the test if the instance accepts a session more than maxDelay after it
// was revoked.
func (i *instance) requireInTime(t *testing.T, session domain.ID, revoked time.Time) {
	t.Helper()
	late := time.Since(revoked) > maxDelay
	if i.state(session) == "live" && late {
		t.Fatalf("session %d is live %v after it was revoked", session, time.Since(revoked))
	}
}

// awaitRevoked waits until the instance knows that a session was revoked, and returns how long
// that took.
func (i *instance) awaitRevoked(t *testing.T, session domain.ID, revoked time.Time) time.Duration {
	t.Helper()
	eventually(t, func() bool {
		i.requireInTime(t, session, revoked)
		return i.state(session) == "revoked"
	})
	return time.Since(revoked)
}

// eventually waits until condition holds.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for start := time.Now(); !condition(); {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the condition did not become true within 20 seconds")
		}
		<-time.After(time.Millisecond)
	}
}

// database is a direct connection to a database with sessions, whose IDs start at 1.
type database struct{ *sql.DB }

func openDatabase(t *testing.T, dsn string, sessions int) database {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO users (id, email, password_hash, first_name, last_name, phone_number, role, created_at)
		VALUES (1, 'lisa@clinic.example', '', 'Lisa', 'Cuddy', '', 'ADMIN', now())`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `
		INSERT INTO sessions (id, user_id, created_at, expires_at, refresh_selector, refresh_hash)
		SELECT n, 1, now(), now() + interval '1 day', decode(lpad(n::text, 32, '0'), 'hex'), decode(lpad('', 64, '0'), 'hex')
		FROM generate_series(1, $1::integer) AS n`, sessions)
	require.NoError(t, err)
	return database{db}
}

// revoke revokes a session with SQL and returns the time after the commit.
func (db database) revoke(t *testing.T, session domain.ID) time.Time {
	t.Helper()
	result, err := db.ExecContext(t.Context(), `UPDATE sessions SET revoked_at = now() WHERE id = $1`, int64(session))
	require.NoError(t, err)
	rows, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, rows)
	return time.Now()
}

// revokeWithoutNotification revokes a session without running the trigger, so that no instance
// is notified.
func (db database) revokeWithoutNotification(t *testing.T, session domain.ID) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, statement := range []string{
		`SET LOCAL session_replication_role = replica`,
		// The change must survive when the server is killed.
		`SET LOCAL synchronous_commit = on`,
		`UPDATE sessions SET revoked_at = now() WHERE id = ` + session.String(),
	} {
		_, err := tx.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
}

func TestEveryRevocationIsInForceWithinASecond(t *testing.T) {
	dsn := pgtest.New(t)
	const sessions = 50
	db := openDatabase(t, dsn, sessions)
	i := follow(t, dsn)
	slowest := time.Duration(0)
	for session := domain.ID(1); session <= sessions; session++ {
		require.Equal(t, "live", i.state(session))
		slowest = max(slowest, i.awaitRevoked(t, session, db.revoke(t, session)))
	}
	require.LessOrEqual(t, slowest, maxDelay)
	t.Logf("the slowest of %d revocations took %v", sessions, slowest)
}

func TestManyRevocationsAtOnce(t *testing.T) {
	dsn := pgtest.New(t)
	const sessions = 5000
	db := openDatabase(t, dsn, sessions)
	i := follow(t, dsn)
	_, err := db.ExecContext(t.Context(), `UPDATE sessions SET revoked_at = now()`)
	require.NoError(t, err)
	revoked := time.Now()
	for session := domain.ID(1); session <= sessions; session++ {
		require.LessOrEqual(t, i.awaitRevoked(t, session, revoked), maxDelay)
	}
}

func TestSessionsRevokedBeforeTheStartAreKnown(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, dsn, 2).revoke(t, 2)
	i := follow(t, dsn)
	require.Equal(t, "live", i.state(1))
	require.Equal(t, "revoked", i.state(2))
	i.stop()
	require.Empty(t, i.log.lines(), "nothing is logged")
}

func TestARevocationThatIsRolledBackHasNoEffect(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	i := follow(t, dsn)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE sessions SET revoked_at = now() WHERE id = 1`)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	i.awaitRevoked(t, 2, db.revoke(t, 2))
	require.Equal(t, "live", i.state(1))
}

// TestANotificationThatCannotBeParsedReloadsTheFeed sends a notification in another format, as
// a later release might.
func TestANotificationThatCannotBeParsedReloadsTheFeed(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 1)
	i := follow(t, dsn)
	db.revokeWithoutNotification(t, 1)
	_, err := db.ExecContext(t.Context(), `SELECT pg_notify('healthcare_revoked', 'session 1')`)
	require.NoError(t, err)
	eventually(t, func() bool { return i.state(1) == "revoked" })
}

// TestLoadingMissedRevocationsIsRetried checks that sessions are unknown as long as the missed
// revocations cannot be loaded.
func TestLoadingMissedRevocationsIsRetried(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	db.revoke(t, 1)
	source := &refusing{Source: open(t, dsn, postgres.Options{}), left: 12}
	i := followSource(t, dsn, source)
	eventually(t, func() bool {
		require.NotEqual(t, "live", i.state(1))
		return i.state(2) == "live"
	})
	require.Equal(t, "revoked", i.state(1))
	require.Contains(t, i.log.lines()[0], "not now")
}

// refusing is a source whose next queries fail. left is the number of these queries.
type refusing struct {
	revocations.Source
	left int
}

func (s *refusing) RevokedSince(ctx context.Context, since time.Time) ([]domain.ID, error) {
	if s.left--; s.left >= 0 {
		return nil, errors.New("not now")
	}
	return s.Source.RevokedSince(ctx, since)
}

func TestAnInvalidAddressIsLogged(t *testing.T) {
	i := followSource(t, "postgres://clinic:swordfish@host:port/none", nil)
	eventually(t, func() bool { return len(i.log.lines()) == 1 })
	require.NotContains(t, i.log.lines()[0], "swordfish")
}
