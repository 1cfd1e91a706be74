package main_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// makeStores is for a release: the test of the next one reads the stores that this one writes.
//
//	go test ./cmd/healthcare -run TestMakeStoresForTheNextRelease -make-stores "$(git rev-parse --short HEAD)"
var makeStores = flag.String("make-stores", "", "write stores of this program to testdata/stores, under this name")

// previousRelease is the name of the stores of the release before this one.
const previousRelease = "d4490ed"

// oldStore is what a test needs to know about a store: it is in the file NAME.ENGINE.json.
type oldStore struct {
	Head    string // the last seal
	Refresh string // the refresh token of a live session
	TOTP    string // the key of Sam's second factor
}

// fillOldStore gives a new store some of everything: users with and without a second factor, a live and an
// ended session, a doctor, records that were changed, deleted and restored, and a mapping.
func fillOldStore(t *testing.T, env []string) (old oldStore) {
	t.Helper()
	createSuperuserOn(t, env)
	s := serve(t, env)
	token := s.login("admin@example.com")
	send := func(status int, method, path, body string, header ...string) answer {
		t.Helper()
		got := home.request(s, method, path, token, body, header...)
		require.Equal(t, status, got.status, got.body)
		return got
	}
	send(201, http.MethodPost, "/api/doctors/", `{"name": "Gregory House", "specialization": "Diagnostics", "license_number": "NJ-1", "salary": "1234.50"}`)
	send(201, http.MethodPost, "/api/patients/", `{"name": "Ada Lovelace", "gender": "F", "phone_number": "+44 20 7946 0000", "email": "ada@example.com", "external_id": "A-1"}`, "Idempotency-Key", "first-of-ada")
	send(200, http.MethodPatch, "/api/patients/1/", `{"medical_record": "Allergic to penicillin"}`)
	send(201, http.MethodPost, "/api/mappings/", `{"patient": 1, "doctor": 1}`)
	send(201, http.MethodPost, "/api/patients/", `{"name": "Eve Ångström"}`)
	send(204, http.MethodDelete, "/api/patients/2/", "")
	send(200, http.MethodGet, "/api/patients/?search=ada", "")
	send(200, http.MethodGet, "/api/patients/1/accesses/", "")

	send(201, http.MethodPost, "/api/auth/register/", `{"email": "sam@example.com", "password": "`+goodPassword+`", "first_name": "Sam"}`)
	admin := token
	token = s.login("sam@example.com")
	old.TOTP = enrol(t, s, token)
	token = admin
	sam := home.request(s, http.MethodPost, "/api/auth/login/", "", `{"username": "sam@example.com", "password": "`+goodPassword+`"}`)
	require.Equal(t, http.StatusUnauthorized, sam.status, "the second factor is missing")
	signedIn := home.login(s, "admin@example.com", goodPassword)
	old.Refresh = signedIn.member(s, "refresh")
	token = s.login("admin@example.com")
	send(204, http.MethodPost, "/api/auth/logout/", "")
	s.stop()
	code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "head")
	require.Zero(t, code, stderr)
	old.Head = strings.TrimSpace(stdout)
	return old
}

func TestMakeStoresForTheNextRelease(t *testing.T) {
	if *makeStores == "" {
		t.Skip("only with -make-stores NAME")
	}
	for engine, settings := range engines {
		env := append(settings(t), "SECRET_KEY="+secretKey)
		old := fillOldStore(t, env)
		path := "testdata/stores/" + *makeStores + "." + engine
		facts, err := json.MarshalIndent(old, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path+".json", append(facts, '\n'), 0o644))
		var dump []byte
		if driver, dsn := databaseOf(env); driver == "postgres" {
			dump, err = exec.Command(installed(t, "pg_dump"), "--no-owner", "--no-privileges", "--inserts", dsn).Output()
			require.NoError(t, err)
			// A psql command and comments, which differ from run to run.
			dump = regexp.MustCompile(`(?m)^(\\|--).*\n`).ReplaceAll(dump, nil)
		} else {
			file := filepath.Join(t.TempDir(), "backup.db")
			code, _, stderr := healthcare.Run(t.Context(), env, "backup", file)
			require.Zero(t, code, stderr)
			dump, err = os.ReadFile(file)
			require.NoError(t, err)
		}
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		_, err = writer.Write(dump)
		require.NoError(t, err)
		require.NoError(t, writer.Close())
		require.NoError(t, os.WriteFile(path+".gz", packed.Bytes(), 0o644))
	}
}

// loadOldStore makes the store of the settings a copy of an old one, whose sessions have just begun.
func loadOldStore(t *testing.T, env []string, path string) (old oldStore) {
	t.Helper()
	facts, err := os.ReadFile(path + ".json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(facts, &old))
	packed, err := os.Open(path + ".gz")
	require.NoError(t, err)
	defer packed.Close()
	reader, err := gzip.NewReader(packed)
	require.NoError(t, err)
	dump, err := io.ReadAll(reader)
	require.NoError(t, err)
	driver, dsn := databaseOf(env)
	if driver == "sqlite" {
		require.NoError(t, os.WriteFile(dsn, dump, 0o600))
		now := time.Now().UnixMicro()
		executeOn(t, driver, dsn, `UPDATE sessions SET created_at = $1, last_used_at = $1, expires_at = $1 + 86400000000`, now)
		return old
	}
	executeOn(t, driver, dsn, string(dump))
	executeOn(t, driver, dsn, `UPDATE sessions SET created_at = now(), last_used_at = now(), expires_at = now() + interval '1 day'`)
	return old
}

func executeOn(t *testing.T, driver, dsn, statements string, args ...any) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), statements, args...)
	require.NoError(t, err)
}

// TestAStoreOfTheReleaseBeforeIsMigratedAndVerifies is the promise of docs/operations.md, "Upgrading".
func TestAStoreOfTheReleaseBeforeIsMigratedAndVerifies(t *testing.T) {
	for engine, settings := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			env := append(settings(t), "SECRET_KEY="+secretKey)
			old := loadOldStore(t, env, "testdata/stores/"+previousRelease+"."+engine)
			migrate(t, env)
			verified := func() {
				t.Helper()
				code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify", "--head", old.Head)
				assert.Zero(t, code, stderr)
				assert.Contains(t, stdout, "The audit trail is intact")
			}
			verified()
			s := serve(t, env)

			refreshed := home.request(s, http.MethodPost, "/api/auth/login/refresh/", "", `{"refresh": "`+old.Refresh+`"}`)
			require.Equal(t, http.StatusOK, refreshed.status, "nobody has to sign in again: %s", refreshed.body)
			token := refreshed.member(s, "access")
			code, err := totp.GenerateCode(old.TOTP, time.Now().Add(30*time.Second)) // The present one was used if the store has just been made.
			require.NoError(t, err)
			sam := home.request(s, http.MethodPost, "/api/auth/login/", "", `{"username": "sam@example.com", "password": "`+goodPassword+`", "otp": "`+code+`"}`)
			assert.Equal(t, http.StatusOK, sam.status, "%s", sam.body)

			for _, read := range []struct{ path, want string }{
				{"/api/doctors/1/", `"salary":"1234.50"`},
				{"/api/patients/1/", `"medical_record":"Allergic to penicillin"`},
				{"/api/patients/1/", `"external_id":"A-1"`},
				{"/api/patients/1/", `"version":2`},
				{"/api/patients/1/history/", `"change":"created"`},
				{"/api/patients/1/doctors/", `"id":1`},
				{"/api/patients/1/accesses/", `"patient:search"`},
				{"/api/patients/?search=lovelace", `"Ada Lovelace"`},
				{"/api/patients/deleted/", `"Eve Ångström"`},
				{"/api/mappings/?doctor_id=1", `"patient":{"id":1,`},
				{"/api/users/?search=sam", `"sam@example.com"`},
				{"/api/audit/?patient=1", `"patient:update"`},
			} {
				got := home.request(s, http.MethodGet, read.path, token, "")
				assert.Equal(t, http.StatusOK, got.status, "%s: %s", read.path, got.body)
				assert.Contains(t, got.body, read.want, read.path)
			}
			for _, write := range []struct{ method, path, body, want string }{
				{http.MethodPatch, "/api/patients/1/", `{"phone_number": ""}`, `"version":3`},
				{http.MethodPost, "/api/patients/2/restore/", "", `"version":3`},
				{http.MethodPost, "/api/patients/", `{"name": "Later"}`, `"id":3`},
			} {
				got := home.request(s, write.method, write.path, token, write.body)
				assert.Less(t, got.status, 300, "%s: %s", write.path, got.body)
				assert.Contains(t, got.body, write.want, write.path)
			}
			s.stop()
			assert.NotContains(t, s.log.String(), "level=ERROR", "%s", s.log)
			verified()
		})
	}
}
