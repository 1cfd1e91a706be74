package main_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestEachTamperingIsDetected writes a trail with the program and then changes it in the
// database, in 100 ways, one at a time.
func TestEachTamperingIsDetected(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		const tamperings = 100
		seed := uint64(time.Now().UnixNano())
		t.Logf("seed %d", seed)
		env = append(env, append(noLimits, "SECRET_KEY="+secretKey)...)
		makeTrail(t, env)
		code, head, stderr := healthcare.Run(t.Context(), env, "audit", "head")
		require.Zero(t, code, stderr)
		verify := func() (int, string) {
			code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify", "--head", strings.TrimSpace(head))
			return code, stdout + stderr
		}
		k := keepTrail(t, env, rand.New(rand.NewPCG(seed, 0)))
		require.Greater(t, len(k.events), 300)
		require.Greater(t, len(k.seals), 4)
		code, said := verify()
		require.Zero(t, code, said)
		require.Contains(t, said, fmt.Sprintf("%d events, 0 of them not sealed yet", len(k.events)))
		require.Regexp(t, `The 180 versions of records written since event 1 of 20\d\d-.* UTC are intact`, said)

		for n := range tamperings {
			kind := kinds[n%len(kinds)]
			want := kind.tamper(k)
			code, said := verify()
			assert.Equal(t, 1, code, "%s: %s", kind.name, want)
			assert.Contains(t, said, "the audit trail was tampered with: "+want, kind.name)
			k.restore()
			if n%10 == 0 || n == tamperings-1 {
				code, said := verify()
				require.Zero(t, code, "after %s was undone: %s", kind.name, said)
			}
		}
	})
}

// makeTrail sends hundreds of requests to the program and restarts it five
// times.
func makeTrail(t *testing.T, env []string) {
	t.Helper()
	createSuperuserOn(t, env)
	var admin, staff string
	for round := range 5 {
		s := serve(t, env)
		if round == 0 {
			admin = s.login("admin@example.com")
			body := `{"email": "staff@example.com", "password": "` + goodPassword + `"}`
			require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, "/api/auth/register/", "", body).status)
			staff = s.login("staff@example.com")
		}
		require.Equal(t, http.StatusUnauthorized, home.login(s, "staff@example.com", "not "+goodPassword).status)
		require.Equal(t, http.StatusUnauthorized, home.login(s, "nobody@example.com", goodPassword).status)
		for n := range 6 {
			patient := fmt.Sprintf("/api/patients/%d/", 6*round+n+1)
			doctor := fmt.Sprintf("/api/doctors/%d/", 6*round+n+1)
			for _, r := range []struct {
				method, path, token, body string
				want                      int
			}{
				{http.MethodPost, "/api/patients/", staff, `{"name": "Ada Lovelace"}`, http.StatusCreated},
				{http.MethodPost, "/api/doctors/", admin, fmt.Sprintf(`{"name": "House", "specialization": "x", "license_number": "%d", "salary": "1"}`, 6*round+n), http.StatusCreated},
				{http.MethodPost, "/api/mappings/", staff, fmt.Sprintf(`{"patient": %d, "doctor": %d}`, 6*round+n+1, 6*round+n+1), http.StatusCreated},
				{http.MethodGet, patient, staff, "", http.StatusOK},
				{http.MethodPatch, patient, staff, `{"name": "Ada King"}`, http.StatusOK},
				{http.MethodGet, "/api/patients/?limit=5", staff, "", http.StatusOK},
				{http.MethodGet, "/api/mappings/?limit=5", admin, "", http.StatusOK},
				{http.MethodGet, "/api/audit/?limit=3", admin, "", http.StatusOK},
				{http.MethodGet, "/api/audit/", staff, "", http.StatusForbidden},
				{http.MethodDelete, doctor, staff, "", http.StatusForbidden},
				{http.MethodGet, "/api/patients/999/", staff, "", http.StatusNotFound},
				{http.MethodDelete, doctor, admin, "", http.StatusNoContent},
			} {
				got := home.request(s, r.method, r.path, r.token, r.body)
				require.Equal(t, r.want, got.status, "%s %s: %s", r.method, r.path, got.body)
			}
			burnID(t, env)
		}
		s.stop()
	}
}

// burnID leaves a gap in the IDs of events, as a rolled-back transaction does. The embedded
// store has no such gaps.
func burnID(t *testing.T, env []string) {
	t.Helper()
	if dsn, onPostgres := databaseURL(env); onPostgres {
		execute(t, dsn, "SELECT nextval('audit_events_id_seq')")
	}
}

// databaseURL returns the URL of PostgreSQL, if that is the engine.
func databaseURL(env []string) (dsn string, onPostgres bool) {
	for _, setting := range env {
		if dsn, onPostgres = strings.CutPrefix(setting, "DATABASE_URL="); onPostgres {
			return dsn, true
		}
	}
	return "", false
}

// openDatabase opens the program's database directly.
func openDatabase(t testing.TB, env []string) *sql.DB {
	t.Helper()
	driver, source := "sqlite", "file:"+strings.TrimPrefix(env[0], "DATA_DIR=")+"/healthcare.db?_pragma=busy_timeout(10000)"
	if dsn, onPostgres := databaseURL(env); onPostgres {
		driver, source = "postgres", dsn
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// event is a row of audit_events, and its data as an object.
type event struct {
	id   int64
	data map[string]any
}

// keptTrail is a copy of a completely sealed trail, from which it can be restored.
type keptTrail struct {
	t      *testing.T
	db     *sql.DB
	random *rand.Rand
	events []event
	seals  []int64
	// gaps are the IDs between those of events.
	gaps []int64
}

var trailTables = []string{"audit_events", "audit_about", "audit_seals", "versions"}

// keepTrail reads the sealed events and copies all tables.
func keepTrail(t *testing.T, env []string, random *rand.Rand) *keptTrail {
	t.Helper()
	k := &keptTrail{t: t, db: openDatabase(t, env), random: random}
	for _, table := range trailTables {
		k.execute("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
	}
	k.each("SELECT id, CAST(data AS TEXT) FROM audit_events WHERE id <= (SELECT max(through) FROM audit_seals) ORDER BY id", func(scan func(...any) error) error {
		var e event
		var data string
		if err := scan(&e.id, &data); err != nil {
			return err
		}
		k.events = append(k.events, e)
		return json.Unmarshal([]byte(data), &k.events[len(k.events)-1].data)
	})
	k.each("SELECT number FROM audit_seals ORDER BY number", func(scan func(...any) error) error {
		k.seals = append(k.seals, 0)
		return scan(&k.seals[len(k.seals)-1])
	})
	for i, e := range k.events[1:] {
		for id := k.events[i].id + 1; id < e.id; id++ {
			k.gaps = append(k.gaps, id)
		}
	}
	return k
}

// restore restores the tables as keepTrail copied them.
func (k *keptTrail) restore() {
	k.t.Helper()
	tx, err := k.db.BeginTx(context.WithoutCancel(k.t.Context()), nil)
	require.NoError(k.t, err)
	for _, table := range trailTables {
		_, err := tx.Exec("DELETE FROM " + table)
		require.NoError(k.t, err)
		_, err = tx.Exec("INSERT INTO " + table + " SELECT * FROM kept_" + table)
		require.NoError(k.t, err)
	}
	require.NoError(k.t, tx.Commit())
}

// execute runs a statement and requires that it changes a row.
func (k *keptTrail) execute(statement string, args ...any) {
	k.t.Helper()
	result, err := k.db.ExecContext(k.t.Context(), statement, args...)
	require.NoError(k.t, err, statement)
	if changed, err := result.RowsAffected(); err == nil && !strings.HasPrefix(statement, "CREATE") {
		require.NotZero(k.t, changed, statement)
	}
}

func (k *keptTrail) each(query string, use func(scan func(...any) error) error) {
	k.t.Helper()
	rows, err := k.db.QueryContext(k.t.Context(), query)
	require.NoError(k.t, err)
	defer rows.Close()
	for rows.Next() {
		require.NoError(k.t, use(rows.Scan))
	}
	require.NoError(k.t, rows.Err())
}

// value returns a column of the row with the key.
func (k *keptTrail) value(table, column, key string, id int64) (value any) {
	k.t.Helper()
	require.NoError(k.t, k.db.QueryRowContext(k.t.Context(), fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1", column, table, key), id).Scan(&value))
	if bytes, ok := value.([]byte); ok && bytes == nil {
		return []byte{} // nil would be written as NULL
	}
	return value
}

// set changes a column of the row with the key.
func (k *keptTrail) set(table, column, key string, id int64, value any) {
	k.t.Helper()
	k.execute(fmt.Sprintf("UPDATE %s SET %s = $2 WHERE %s = $1", table, column, key), id, value)
}
