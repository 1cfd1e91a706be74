package postgres_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
)

// installIn migrates a schema of its own in the database that dsn names and returns
// the DSN that leads to it.
func installIn(t *testing.T, dsn, schema string) string {
	t.Helper()
	require.NoError(t, execute(t, dsn, `CREATE SCHEMA `+pq.QuoteIdentifier(schema)))
	inSchema := searching(t, dsn, schema)
	_, err := postgres.Migrate(t.Context(), inSchema)
	require.NoError(t, err)
	return inSchema
}

// searching returns dsn with schema as its search_path.
func searching(t *testing.T, dsn, schema string) string {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	query := address.Query()
	query.Set("search_path", pq.QuoteIdentifier(schema))
	address.RawQuery = query.Encode()
	return address.String()
}

// TestInstallationsInOneDatabaseEndNoSessionsOfEachOther has sessions with the same
// IDs in several schemas of one database, and revokes one in each.
func TestInstallationsInOneDatabaseEndNoSessionsOfEachOther(t *testing.T) {
	dsn := pgtest.New(t)
	installations := []struct {
		dsn string
		db  database
		*instance
	}{
		{dsn: dsn},
		{dsn: installIn(t, dsn, `Nørd "b", 'c' 100%;`)},
		{dsn: installIn(t, dsn, strings.Repeat("l", 63))},
	}
	for n := range installations {
		i := &installations[n]
		i.db, i.instance = openDatabase(t, i.dsn, len(installations)+1), follow(t, i.dsn)
	}
	for n, revoking := range installations {
		session := domain.ID(n + 1)
		revoking.awaitRevoked(t, session, revoking.db.revoke(t, session))
	}
	time.Sleep(promised)
	for n, i := range installations {
		for m := range installations {
			want := "live"
			if n == m {
				want = "revoked"
			}
			require.Equal(t, want, i.ask(domain.ID(m+1)), "installation %d, session %d", n+1, m+1)
		}
		require.Empty(t, i.log.lines())
	}
}

// TestACopyThatTakesTheOldOnesPlaceIsFollowed renames the schema that an instance
// follows and puts a copy in its place, as a restore from a backup does.
func TestACopyThatTakesTheOldOnesPlaceIsFollowed(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, installIn(t, dsn, "clinic"), 2)
	i := follow(t, searching(t, dsn, "clinic"))
	require.NoError(t, execute(t, dsn, `ALTER SCHEMA clinic RENAME TO before`))
	restored := openDatabase(t, installIn(t, dsn, "clinic"), 2)
	time.Sleep(promised)

	i.awaitRevoked(t, 2, restored.revoke(t, 2))
	require.NoError(t, execute(t, dsn, `UPDATE before.sessions SET revoked_at = now() WHERE id = 1`))
	time.Sleep(promised)
	require.Equal(t, "live", i.ask(1), "it is revoked in the copy that nobody uses")
}

// TestAnInstallationBeforeTheStepTouchesNobody notifies as the trigger of the first
// steps did: by a session's ID alone.
func TestAnInstallationBeforeTheStepTouchesNobody(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, dsn, 1)
	i := follow(t, dsn)
	require.NoError(t, execute(t, dsn, `SELECT pg_notify('healthcare_revoked', '1')`))
	time.Sleep(promised)
	require.Equal(t, "live", i.ask(1))
}
