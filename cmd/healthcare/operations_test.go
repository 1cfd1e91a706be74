package main_test

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

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

// TestDataOfTheOldBackendIsTakenOver runs the SQL of docs/operations.md.
func TestDataOfTheOldBackendIsTakenOver(t *testing.T) {
	problems := operations(t, "(?s)```sql\n(SELECT.*?)```")
	script := operations(t, "(?s)```sql\n(INSERT.*?)```")
	dsn := pgtest.New(t)
	key, err := pbkdf2.Key(sha256.New, "from the old backend", []byte("salt"), 600_000, 32)
	require.NoError(t, err)
	execute(t, dsn, `
		CREATE SCHEMA old;
		CREATE TABLE old.users (id bigint, email text, password text, first_name text, last_name text, phone_number text, role text, date_joined timestamptz, is_active boolean);
		CREATE TABLE old.doctors (id bigint, name text, joined_at date, specialization text, license_number text, salary numeric(10, 2));
		CREATE TABLE old.patients (id bigint, created_by_id bigint, name text, date_of_birth date, phone_number text, gender text, address text, medical_record text);
		CREATE TABLE old.mappings (id bigint, patient_id bigint, doctor_id bigint, assigned_at timestamptz);
		INSERT INTO old.users VALUES
			(3, 'Ada@Example.com', 'pbkdf2_sha256$600000$salt$`+base64.StdEncoding.EncodeToString(key)+`', 'Ada', '', NULL, 'STAFF', now(), true),
			(4, 'gone@example.com', 'pbkdf2_sha256$600000$salt$`+base64.StdEncoding.EncodeToString(key)+`', '', '', NULL, 'ADMIN', now(), false),
			(5, ' ', '!', '', '', NULL, 'STAFF', now(), true);
		INSERT INTO old.doctors VALUES (7, 'Gregory House', '2020-02-02', 'Diagnostics', ' NJ-1', 1234.5), (8, 'Twin', '2020-02-02', 'x', 'nj-1 ', -1);
		INSERT INTO old.patients VALUES (9, 4, 'Eve', NULL, NULL, NULL, NULL, 'Record');
		INSERT INTO old.mappings VALUES (1, 9, 7, now());`)
	assert.Equal(t, []string{"no address: cannot sign in 5", "salary below 0 8", "same licence as another doctor 7", "same licence as another doctor 8"}, query(t, dsn, problems))
	execute(t, dsn, "DELETE FROM old.doctors WHERE id = 8")
	execute(t, dsn, "UPDATE old.users SET email = 'mended@example.com' WHERE id = 5")
	assert.Empty(t, query(t, dsn, problems))
	execute(t, dsn, script)

	service := serve(t, []string{"DATABASE_URL=" + dsn, "DATA_DIR=" + t.TempDir()})
	for range 2 { // with Django's hash, and with the one that replaced it
		api := service.api(service.loginWith("ada@example.com", "from the old backend"))
		patient, err := api.GetPatientWithResponse(t.Context(), 9, nil)
		require.NoError(t, err)
		assert.Equal(t, []int64{7}, patient.JSON200.AssignedDoctors)
	}
	created, err := service.api(service.loginWith("ada@example.com", "from the old backend")).
		CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: "New"})
	require.NoError(t, err)
	require.NotNil(t, created.JSON201, "%s", created.Body)
	assert.EqualValues(t, 10, created.JSON201.ID)
	refused, err := service.api("").LoginWithResponse(t.Context(), client.LoginJSONRequestBody{Username: "gone@example.com", Password: "from the old backend"})
	require.NoError(t, err)
	assert.Equal(t, 401, refused.StatusCode(), "an account that is not active stays so")
	service.stop()
}

// leastPrivileged creates the role of docs/operations.md with the grants of migrate, and
// returns the URL with which it connects. Tests that use it must not run in parallel.
func leastPrivileged(t *testing.T, dsn string) string {
	t.Helper()
	script := operations(t, `(?s)      (CREATE ROLE healthcare_app.*?idle_in_transaction_session_timeout = '30s';)`)
	execute(t, dsn, strings.Replace(script, "'...'", "'app-password'", 1))
	code, _, stderr := healthcare.Run(t.Context(), []string{"DATABASE_URL=" + dsn}, strings.Fields(operations(t, `      healthcare (migrate --grant-to healthcare_app)\n`))...)
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
