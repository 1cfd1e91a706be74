package main_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// newRole creates a role with some privileges and returns its name and the URL with which it
// connects.
func newRole(t *testing.T, dsn, grants string) (role, app string) {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	role = "Role of " + strings.TrimPrefix(address.Path, "/healthcare_test_")
	execute(t, dsn, strings.ReplaceAll(`CREATE ROLE "ROLE" LOGIN PASSWORD 'app-password';`+grants, `"ROLE"`, `"`+role+`"`))
	t.Cleanup(func() { execute(t, dsn, `DROP OWNED BY "`+role+`"; DROP ROLE "`+role+`"`) })
	address.User = url.UserPassword(role, "app-password")
	return role, address.String()
}

// TestServeSaysWhichPrivilegesAreMissing uses the grants of an old release on the current
// schema.
func TestServeSaysWhichPrivilegesAreMissing(t *testing.T) {
	dsn := pgtest.New(t)
	for name, tt := range map[string]struct{ grants, missing string }{
		"all":          {``, "SELECT on goose_db_version, compatible_steps"},
		"the schema's": {`GRANT SELECT ON goose_db_version TO "ROLE"`, "SELECT on compatible_steps"},
		"some": {
			`GRANT SELECT, INSERT, UPDATE, DELETE ON users, attempts, doctors, patients, mappings, deletions TO "ROLE";
			GRANT SELECT, INSERT ON sessions, versions, audit_events, audit_about TO "ROLE"; GRANT SELECT ON goose_db_version, compatible_steps TO "ROLE"`,
			"SELECT on store_id, SELECT, INSERT on audit_seals, SELECT, INSERT, UPDATE, DELETE on doctors_search, " +
				"SELECT, INSERT, UPDATE, DELETE on idempotency_keys, SELECT, INSERT, UPDATE, DELETE on patients_search, " +
				"SELECT, INSERT, UPDATE, DELETE on users_search, UPDATE, DELETE on sessions, USAGE on audit_events_id_seq",
		},
	} {
		t.Run(name, func(t *testing.T) {
			role, app := newRole(t, dsn, tt.grants)
			env := []string{"DATABASE_URL=" + app, "DATA_DIR=" + t.TempDir()}
			code, _, stderr := healthcare.Run(t.Context(), env, "serve", "--addr", "127.0.0.1:0")
			assert.Equal(t, 1, code)
			assert.Equal(t, "healthcare: postgres: missing privilege: the service's role has no "+tt.missing+"\n"+
				"healthcare: run as the owner of the database: healthcare migrate --grant-to ROLE\n", stderr)

			code, stdout, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + dsn}, "migrate", "--grant-to", role)
			assert.Zero(t, code, stderr)
			assert.Contains(t, stdout, "granted "+role)
			serve(t, env).stop()
		})
	}
}

// TestMigratePrintsTheGrants runs the printed grants in a schema whose name
// must be quoted.
func TestMigratePrintsTheGrants(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	execute(t, dsn, `CREATE SCHEMA "North ""1"""`)
	role, app := newRole(t, dsn, "")
	inSchema := func(dsn string) string { return dsn + "&search_path=%22North%20%22%221%22%22%22" }
	env := []string{"DATABASE_URL=" + inSchema(app), "DATA_DIR=" + t.TempDir()}
	code, stdout, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + inSchema(dsn)}, "migrate")
	require.Zero(t, code, stderr)

	code, _, stderr = healthcare.Run(t.Context(), env, "serve", "--addr", "127.0.0.1:0")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, `missing privilege: the service's role has no USAGE on schema "North ""1"""`)
	_, grants, found := strings.Cut(stdout, "--grant-to ROLE applies them):\n")
	require.True(t, found, stdout)
	execute(t, dsn, strings.ReplaceAll(grants, "TO ROLE;", `TO "`+role+`";`))
	serve(t, env).stop()
}

// TestMigrateStatusNamesAMissingPrivilege uses a schema that looks empty to the role.
func TestMigrateStatusNamesAMissingPrivilege(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	_, app := newRole(t, dsn, "")
	migrate(t, []string{"DATABASE_URL=" + dsn})
	code, stdout, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + app}, "migrate", "status")
	assert.Equal(t, 1, code, stdout)
	assert.Contains(t, stderr, "no SELECT on goose_db_version, compatible_steps")
	execute(t, dsn, `REVOKE USAGE ON SCHEMA public FROM PUBLIC`)
	code, stdout, stderr = healthcare.Run(t.Context(), []string{"DATABASE_URL=" + app}, "migrate", "status")
	assert.Equal(t, 1, code, stdout)
	assert.Contains(t, stderr, "no USAGE on schema public")
}

func TestOnlyTheOwnerMigrates(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	_, app := newRole(t, dsn, "")
	execute(t, dsn, operations(t, `    (REVOKE CREATE ON SCHEMA public FROM PUBLIC;)`)) // PostgreSQL 14 grants it.
	code, _, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + app}, "migrate")
	assert.Equal(t, 1, code)
	assert.Regexp(t, `^healthcare: postgres: the role of DATABASE_URL cannot change the schema: permission denied for schema public: run this as the owner of the database\n$`, stderr)
	code, _, stderr = healthcare.Run(t.Context(), []string{"DATA_DIR=" + t.TempDir()}, "migrate", "--grant-to", "app")
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "--grant-to is for PostgreSQL")
}

// TestEveryTableHasItsGrants fails if a new table has no grants.
func TestEveryTableHasItsGrants(t *testing.T) {
	dsn := pgtest.New(t)
	code, grants, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + dsn}, "migrate")
	require.Zero(t, code, stderr)
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	tables, err := db.QueryContext(t.Context(), `SELECT relname FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace) AND relkind = 'r'`)
	require.NoError(t, err)
	defer tables.Close()
	for tables.Next() {
		var table string
		require.NoError(t, tables.Scan(&table))
		assert.Regexp(t, `\bpublic\.`+table+`\b`, grants)
	}
	require.NoError(t, tables.Err())
}

// TestARevokedPrivilegeIs503 revokes privileges of a running service. /readyz shows
// only a code.
func TestARevokedPrivilegeIs503(t *testing.T) {
	dsn := pgtest.New(t)
	role, app := newRole(t, dsn, "")
	code, _, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + dsn}, "migrate", "--grant-to", role)
	require.Zero(t, code, stderr)
	env := []string{"DATABASE_URL=" + app, "DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey}
	createSuperuser(t, env, "admin@example.com")
	s := serve(t, env)
	token := s.login("admin@example.com")
	add := func() answer {
		return home.request(s, http.MethodPost, "/api/patients/", token, `{"name": "Ada"}`)
	}
	require.Equal(t, http.StatusCreated, add().status)
	for table, privilege := range map[string]string{"patients": "INSERT", "deletions": "SELECT", "audit_events": "INSERT"} {
		execute(t, dsn, `REVOKE `+privilege+` ON `+table+` FROM "`+role+`"`)
		if table != "deletions" {
			got := add()
			assert.Equal(t, http.StatusServiceUnavailable, got.status, got.body)
			assert.Contains(t, got.body, `"code":"unavailable"`)
		}
		require.Eventually(t, func() bool {
			got := home.request(s, http.MethodGet, "/readyz", "", "")
			return got.status == http.StatusServiceUnavailable && strings.Contains(got.body, `"code":"missing_privilege"`) && !strings.Contains(got.body, table)
		}, 5*time.Second, 100*time.Millisecond, table)
		require.Eventually(t, func() bool { // A line is written after its answer.
			return strings.Contains(s.log.String(), "missing privilege: the service's role has no "+privilege+" on "+table)
		}, 5*time.Second, 10*time.Millisecond)
		execute(t, dsn, `GRANT `+privilege+` ON `+table+` TO "`+role+`"`)
		assert.Equal(t, http.StatusOK, s.status("/readyz"), table)
		assert.Equal(t, http.StatusCreated, add().status, table)
	}
	assert.Contains(t, s.log.String(), "permission denied for table patients")
	s.stop()
}
