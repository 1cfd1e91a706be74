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

// installIn creates and migrates a schema in the database that dsn names, and returns a DSN
// that selects it.
func installIn(t *testing.T, dsn, schema string) string {
	t.Helper()
	require.NoError(t, execute(t, dsn, `CREATE SCHEMA `+pq.QuoteIdentifier(schema)))
	inSchema := searching(t, dsn, schema)
	_, err := postgres.Migrate(t.Context(), inSchema, nil)
	require.NoError(t, err)
	return inSchema
}

// searching returns dsn with schema as the search_path.
func searching(t *testing.T, dsn, schema string) string {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	query := address.Query()
	query.Set("search_path", pq.QuoteIdentifier(schema))
	address.RawQuery = query.Encode()
	return address.String()
}

// TestInstallationsInOneDatabaseRevokeOnlyTheirOwnSessions adds sessions with the same IDs in
// several schemas of one database, and revokes one in each.
func TestInstallationsInOneDatabaseRevokeOnlyTheirOwnSessions(t *testing.T) {
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
	time.Sleep(maxDelay)
	for n, i := range installations {
		for m := range installations {
			want := "live"
			if n == m {
				want = "revoked"
			}
			require.Equal(t, want, i.state(domain.ID(m+1)), "installation %d, session %d", n+1, m+1)
		}
		require.Empty(t, i.log.lines())
	}
}

// TestARestoredSchemaIsFollowed renames the schema that an instance follows and creates a copy
// with the old name, like a restore from a backup.
func TestARestoredSchemaIsFollowed(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, installIn(t, dsn, "clinic"), 2)
	i := follow(t, searching(t, dsn, "clinic"))
	require.NoError(t, execute(t, dsn, `ALTER SCHEMA clinic RENAME TO before`))
	restored := openDatabase(t, installIn(t, dsn, "clinic"), 2)
	time.Sleep(maxDelay)

	i.awaitRevoked(t, 2, restored.revoke(t, 2))
	require.NoError(t, execute(t, dsn, `UPDATE before.sessions SET revoked_at = now() WHERE id = 1`))
	time.Sleep(maxDelay)
	require.Equal(t, "live", i.state(1), "it was revoked only in the old schema")
}

// TestNotificationsOfOlderInstallationsRevokeNothing sends the notification of an older trigger,
// which contains only the ID of a session.
func TestNotificationsOfOlderInstallationsRevokeNothing(t *testing.T) {
	dsn := pgtest.New(t)
	openDatabase(t, dsn, 1)
	i := follow(t, dsn)
	require.NoError(t, execute(t, dsn, `SELECT pg_notify('healthcare_revoked', '1')`))
	time.Sleep(maxDelay)
	require.Equal(t, "live", i.state(1))
}
