package main_test

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// operations returns the parts of docs/operations.md that pattern captures.
func operations(t *testing.T, pattern string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	found := regexp.MustCompile(pattern).FindSubmatch(text)
	require.NotNil(t, found)
	return string(found[1])
}

func execute(t *testing.T, dsn, script string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(context.WithoutCancel(t.Context()), script)
	require.NoError(t, err)
}

// query returns the first and third column of each row, in order.
func query(t *testing.T, dsn, script string) (rows []string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	found, err := db.QueryContext(t.Context(), script)
	require.NoError(t, err)
	defer found.Close()
	for found.Next() {
		var problem, table, id string
		require.NoError(t, found.Scan(&problem, &table, &id))
		rows = append(rows, problem+" "+id)
	}
	require.NoError(t, found.Err())
	slices.Sort(rows)
	return rows
}

// leastPrivileged creates the role of docs/operations.md with the grants of migrate, and
// returns the URL with which it connects. Tests that use it must not run in parallel.
func leastPrivileged(t *testing.T, dsn string) string {
	t.Helper()
	script := operations(t, `(?s)    (CREATE ROLE healthcare_app.*?idle_in_transaction_session_timeout = '30s';)`)
	execute(t, dsn, strings.Replace(script, "'...'", "'app-password'", 1))
	code, _, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + dsn}, strings.Fields(operations(t, `    healthcare (migrate --grant-to healthcare_app)\n`))...)
	require.Zero(t, code, stderr)
	t.Cleanup(func() { execute(t, dsn, "DROP OWNED BY healthcare_app; DROP ROLE healthcare_app") })
	app, err := url.Parse(dsn)
	require.NoError(t, err)
	app.User = url.UserPassword("healthcare_app", "app-password")
	return app.String()
}

// trail returns the events of all pages that match params.
func trail(t *testing.T, api *client.ClientWithResponses, params client.ListEventsParams) (events []client.Event) {
	t.Helper()
	limit := 1000
	params.Limit = &limit
	for {
		page, err := api.ListEventsWithResponse(t.Context(), &params)
		require.NoError(t, err)
		require.NotNil(t, page.JSON200)
		events = append(events, *page.JSON200...)
		if params.Cursor = client.NextPage(page.HTTPResponse); params.Cursor == nil {
			return events
		}
	}
}

// TestTheDocumentedQueryFindsTheSessionThatKeepsALock lets one session wait for another one.
func TestTheDocumentedQueryFindsTheSessionThatKeepsALock(t *testing.T) {
	db, err := sql.Open("postgres", pgtest.New(t))
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), "CREATE TABLE kept (id int)")
	require.NoError(t, err)
	begin := func() (tx *sql.Tx, pid int) {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT pg_backend_pid()").Scan(&pid))
		return tx, pid
	}
	keeper, pid := begin()
	_, err = keeper.ExecContext(t.Context(), "LOCK TABLE kept")
	require.NoError(t, err)
	waiter, waiting := begin()
	got := make(chan error, 1)
	go func() {
		_, err := waiter.ExecContext(t.Context(), "LOCK TABLE kept")
		got <- err
	}()
	script := operations(t, `(?s)    (SELECT pid, usename.*?);`)
	require.Eventually(t, func() bool {
		var first int
		err := db.QueryRowContext(t.Context(), "SELECT waits_for[1] FROM ("+script+") AS sessions WHERE pid = $1 AND waits_for <> '{}'", waiting).Scan(&first)
		return err == nil && first == pid
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, keeper.Rollback())
	require.NoError(t, <-got)
	require.NoError(t, waiter.Rollback())
}

func TestServingWithTheLeastPrivileges(t *testing.T) {
	dsn := pgtest.New(t)
	app := leastPrivileged(t, dsn)
	env := []string{"DATABASE_URL=" + app, "DATA_DIR=" + t.TempDir()}
	createSuperuser(t, env, "admin@example.com")
	service := serve(t, env)
	api := service.api(service.login("admin@example.com"))
	created, err := api.CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: "Ada"})
	require.NoError(t, err)
	require.NotNil(t, created.JSON201, "%s", created.Body)
	deleted, err := api.DeletePatientWithResponse(t.Context(), created.JSON201.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, 204, deleted.StatusCode())
	assert.Len(t, trail(t, api, client.ListEventsParams{Patient: &created.JSON201.ID}), 2)
	service.stop()
	assert.NotContains(t, service.log.String(), "level=ERROR", "%s", service.log)
	code, head := audit(t, env, "head")
	require.Zero(t, code, head)
	code, said := audit(t, env, "verify", "--head", strings.TrimSpace(head))
	assert.Zero(t, code, said)
	assert.Contains(t, said, "0 of them not sealed yet")

	db, err := sql.Open("postgres", app)
	require.NoError(t, err)
	defer db.Close()
	for _, statement := range []string{
		"UPDATE audit_events SET subject = ''", "DELETE FROM audit_events", "TRUNCATE audit_events", "ALTER TABLE audit_events DISABLE TRIGGER ALL",
		"UPDATE audit_about SET event_id = 1", "DELETE FROM audit_about", "TRUNCATE audit_about",
		"UPDATE audit_seals SET through = 1", "DELETE FROM audit_seals", "TRUNCATE audit_seals",
		"SELECT setval('audit_events_id_seq', 1)",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		var refused *pq.Error
		require.ErrorAs(t, err, &refused, statement)
		assert.EqualValues(t, "42501", refused.Code, statement) // insufficient_privilege (PostgreSQL manual, appendix A)
	}
}
