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

// promised is how soon a revocation is in force everywhere.
const promised = time.Second

// instance follows the revocations of a database, as a running service does.
type instance struct {
	*revocations.Set
	log  *journal
	stop func()
}

// journal is a log that can be read while it is written.
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

// follow starts an instance on the database that dsn names, and waits until it
// knows what is revoked.
func follow(t *testing.T, dsn string) *instance {
	t.Helper()
	i := followSource(t, dsn, open(t, dsn, postgres.Options{}))
	eventually(t, func() bool { return i.ask(1) != "unknown" })
	return i
}

// followSource starts an instance that catches up from source.
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

// ask says what the instance knows of a session, in a word.
func (i *instance) ask(session domain.ID) string {
	revoked, known := i.Revoked(session)
	switch {
	case revoked:
		return "revoked"
	case known:
		return "live"
	}
	return "unknown"
}

// keepsPromise fails the test if a session is said to be live too long after it
// was revoked.
func (i *instance) keepsPromise(t *testing.T, session domain.ID, revoked time.Time) {
	t.Helper()
	late := time.Since(revoked) > promised
	if i.ask(session) == "live" && late {
		t.Fatalf("session %d is live %v after it was revoked", session, time.Since(revoked))
	}
}

// awaitRevoked waits until a session that was revoked is known to be, and returns
// how long that took.
func (i *instance) awaitRevoked(t *testing.T, session domain.ID, revoked time.Time) time.Duration {
	t.Helper()
	eventually(t, func() bool {
		i.keepsPromise(t, session, revoked)
		return i.ask(session) == "revoked"
	})
	return time.Since(revoked)
}

// eventually asks until condition holds.
func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for start := time.Now(); !condition(); {
		if time.Since(start) > 20*time.Second {
			t.Fatal("it did not come about")
		}
		<-time.After(time.Millisecond)
	}
}

// database is a database with sessions, the first of which has ID 1, reached
// without any proxy.
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

// revoke revokes a session as anybody at the database could, and returns when it
// was done.
func (db database) revoke(t *testing.T, session domain.ID) time.Time {
	t.Helper()
	result, err := db.ExecContext(t.Context(), `UPDATE sessions SET revoked_at = now() WHERE id = $1`, int64(session))
	require.NoError(t, err)
	rows, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, rows)
	return time.Now()
}

// revokeUnheard revokes a session without the trigger, so that no instance hears
// of it: as if it had not been listening.
func (db database) revokeUnheard(t *testing.T, session domain.ID) {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	for _, statement := range []string{
		`SET LOCAL session_replication_role = replica`,
		// It has to outlast the end of a server that is told to write later.
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
		require.Equal(t, "live", i.ask(session))
		slowest = max(slowest, i.awaitRevoked(t, session, db.revoke(t, session)))
	}
	require.LessOrEqual(t, slowest, promised)
	t.Logf("the slowest of %d took %v", sessions, slowest)
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
		require.LessOrEqual(t, i.awaitRevoked(t, session, revoked), promised)
	}
}

func TestWhatWasRevokedBeforeTheStartIsKnown(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, dsn, 2).revoke(t, 2)
	i := follow(t, dsn)
	require.Equal(t, "live", i.ask(1))
	require.Equal(t, "revoked", i.ask(2))
	i.stop()
	require.Empty(t, i.log.lines(), "there is nothing to tell")
}

func TestARevocationThatIsRolledBackIsNone(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	i := follow(t, dsn)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), `UPDATE sessions SET revoked_at = now() WHERE id = 1`)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
	i.awaitRevoked(t, 2, db.revoke(t, 2))
	require.Equal(t, "live", i.ask(1))
}

// TestNoWordThatCannotBeReadIsLost notifies as a later version might.
func TestNoWordThatCannotBeReadIsLost(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 1)
	i := follow(t, dsn)
	db.revokeUnheard(t, 1)
	_, err := db.ExecContext(t.Context(), `SELECT pg_notify('healthcare_revoked', 'session 1')`)
	require.NoError(t, err)
	eventually(t, func() bool { return i.ask(1) == "revoked" })
}

// TestCatchingUpThatFailsIsTriedAgain keeps everything unknown as long as what was
// missed cannot be looked up.
func TestCatchingUpThatFailsIsTriedAgain(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	db.revoke(t, 1)
	source := &refusing{Source: open(t, dsn, postgres.Options{}), left: 12}
	i := followSource(t, dsn, source)
	eventually(t, func() bool {
		require.NotEqual(t, "live", i.ask(1))
		return i.ask(2) == "live"
	})
	require.Equal(t, "revoked", i.ask(1))
	require.Contains(t, i.log.lines()[0], "not now")
}

// refusing fails as many times as are left.
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

func TestAnAddressThatCannotBeReadIsLogged(t *testing.T) {
	i := followSource(t, "postgres://clinic:swordfish@host:port/none", nil)
	eventually(t, func() bool { return len(i.log.lines()) == 1 })
	require.NotContains(t, i.log.lines()[0], "swordfish")
}
