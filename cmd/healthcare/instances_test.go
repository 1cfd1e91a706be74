package main_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// instances are two services on one PostgreSQL, and an administrator's token.
type instances struct {
	t           *testing.T
	here, there *service
	env         []string
	admin       string
}

func startInstances(t *testing.T, settings ...string) *instances {
	t.Helper()
	env := append(engines["postgres"](t), append(settings, "SECRET_KEY="+secretKey)...)
	migrate(t, env)
	createSuperuser(t, env, "admin@example.com")
	i := &instances{t: t, env: env, here: serve(t, env), there: serve(t, env)}
	i.admin = i.here.login("admin@example.com")
	return i
}

const secretKey = "a secret key for tests of many different bytes"

// user registers a user and returns the path of the account.
func (i *instances) user(email string) (path string) {
	i.t.Helper()
	created := home.request(i.here, http.MethodPost, "/api/auth/register/", i.admin, `{"email": "`+email+`", "password": "`+goodPassword+`"}`)
	require.Equal(i.t, http.StatusCreated, created.status, created.body)
	var user struct{ ID int64 }
	require.NoError(i.t, json.Unmarshal([]byte(created.body), &user))
	return fmt.Sprintf("/api/users/%d/", user.ID)
}

// outThere calls act and returns the time until the other instance refuses a token that it
// accepted before.
func (i *instances) outThere(t *testing.T, token string, act func()) time.Duration {
	t.Helper()
	me := func() int { return home.request(i.there, http.MethodGet, "/api/auth/me/", token, "").status }
	require.Equal(t, http.StatusOK, me())
	act()
	done := time.Now()
	for me() != http.StatusUnauthorized {
		require.Less(t, time.Since(done), 10*time.Second)
	}
	return time.Since(done)
}

// ways are the operations that revoke a user's sessions.
var ways = map[string]func(t *testing.T, i *instances, email, account string, try int) time.Duration{
	"logout": func(t *testing.T, i *instances, email, _ string, _ int) time.Duration {
		token := i.here.login(email)
		return i.outThere(t, token, func() {
			i.expect(t, http.StatusNoContent, http.MethodPost, "/api/auth/logout/", token, "")
		})
	},
	"deactivation": func(t *testing.T, i *instances, email, account string, _ int) time.Duration {
		took := i.outThere(t, i.here.login(email), func() {
			i.expect(t, http.StatusNoContent, http.MethodDelete, account, i.admin, "")
		})
		i.expect(t, http.StatusOK, http.MethodPatch, account, i.admin, `{"is_active": true}`)
		return took
	},
	"role": func(t *testing.T, i *instances, email, account string, try int) time.Duration {
		return i.outThere(t, i.here.login(email), func() {
			i.expect(t, http.StatusOK, http.MethodPatch, account, i.admin, `{"role": "`+[]string{"ADMIN", "STAFF"}[try%2]+`"}`)
		})
	},
	"password": func(t *testing.T, i *instances, email, _ string, try int) time.Duration {
		passwords := []string{goodPassword, "another-" + goodPassword}
		current, changed := passwords[try%2], passwords[(try+1)%2]
		changing := i.here.loginWith(email, current)
		return i.outThere(t, i.here.loginWith(email, current), func() {
			i.expect(t, http.StatusNoContent, http.MethodPost, "/api/auth/password/", changing, `{"current_password": "`+current+`", "new_password": "`+changed+`"}`)
		})
	},
}

func (i *instances) expect(t *testing.T, status int, method, path, token, body string) {
	t.Helper()
	got := home.request(i.here, method, path, token, body)
	require.Equal(t, status, got.status, got.body)
}

// TestRevocationTakesEffectOnEveryInstance revokes sessions on one instance, in each way 50
// times, and sends requests to the other one.
func TestRevocationTakesEffectOnEveryInstance(t *testing.T) {
	i := startInstances(t, noLimits...)
	for way, putOut := range ways {
		t.Run(way, func(t *testing.T) {
			email := way + "@example.com"
			account := i.user(email)
			var slowest time.Duration
			for try := range 50 {
				slowest = max(slowest, putOut(t, i, email, account, try))
			}
			t.Logf("the slowest of 50 took %s", slowest)
			assert.Less(t, slowest, time.Second)
		})
	}
}

// TestRevokedSessionsAreRefusedWhileTheFeedIsDown repeatedly closes the connections over
// which the instances receive revocations. The other connections to PostgreSQL work, so
// the instances query it instead.
func TestRevokedSessionsAreRefusedWhileTheFeedIsDown(t *testing.T) {
	i := startInstances(t, noLimits...)
	database := strings.TrimPrefix(i.env[1], "DATABASE_URL=")
	db, err := sql.Open("postgres", database)
	require.NoError(t, err)
	defer db.Close()

	ctx, restore := context.WithCancel(t.Context())
	var cutting sync.WaitGroup
	cut := func() int {
		var ended int
		err := db.QueryRowContext(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ILIKE 'LISTEN %'`).Scan(&ended)
		assert.NoError(t, err)
		return ended
	}
	require.Positive(t, cut(), "a connection was closed")
	cutting.Go(func() {
		for range time.Tick(20 * time.Millisecond) {
			if ctx.Err() != nil {
				return
			}
			cut()
		}
	})
	i.user("ada@example.com")
	for try := range 10 {
		token := i.here.login("ada@example.com")
		took := i.outThere(t, token, func() {
			i.expect(t, http.StatusNoContent, http.MethodPost, "/api/auth/logout/", token, "")
		})
		assert.Less(t, took, time.Second, "try %d", try)
	}
	restore()
	cutting.Wait()
	took := ways["logout"](t, i, "ada@example.com", "", 0)
	assert.Less(t, took, time.Second, "after the feed is back")
}

// TestAnInstanceLoadsEarlierRevocationsWhenItStarts revokes sessions before an instance starts.
func TestAnInstanceLoadsEarlierRevocationsWhenItStarts(t *testing.T) {
	i := startInstances(t, noLimits...)
	tokens := map[string]int{}
	for n := range 5 {
		email := fmt.Sprintf("user%d@example.com", n)
		i.user(email)
		token := i.here.login(email)
		tokens[token] = http.StatusOK
		if n%2 == 0 {
			i.expect(t, http.StatusNoContent, http.MethodPost, "/api/auth/logout/", token, "")
			tokens[token] = http.StatusUnauthorized
		}
	}
	late := serve(t, i.env)
	for token, want := range tokens {
		assert.Equal(t, want, home.request(late, http.MethodGet, "/api/auth/me/", token, "").status)
	}
}

// TestARequestDoesNotQueryItsSession renames a column that every query of sessions uses:
// requests with a token still succeed.
func TestARequestDoesNotQueryItsSession(t *testing.T) {
	i := startInstances(t, noLimits...)
	db, err := sql.Open("postgres", strings.TrimPrefix(i.env[1], "DATABASE_URL="))
	require.NoError(t, err)
	defer db.Close()
	patients := func() int { return home.request(i.here, http.MethodGet, "/api/patients/", i.admin, "").status }
	// Until its feed is confirmed, an instance queries the sessions and would fail below.
	require.Eventually(t, func() bool { return patients() == http.StatusOK && i.hears(db) }, 10*time.Second, 50*time.Millisecond)
	_, err = db.ExecContext(t.Context(), "ALTER TABLE sessions RENAME COLUMN refresh_selector TO taken_away")
	require.NoError(t, err)
	for begun := time.Now(); time.Since(begun) < 3*time.Second; {
		require.Equal(t, http.StatusOK, patients())
	}
	assert.Equal(t, http.StatusInternalServerError, home.login(i.here, "admin@example.com", goodPassword).status, "the sessions cannot be read")
}

// hears reports whether both instances have listened for a second and so have received
// a confirmation.
func (i *instances) hears(db *sql.DB) (hears bool) {
	err := db.QueryRowContext(i.t.Context(), `SELECT count(*) = 2 AND min(now() - query_start) > interval '1 second' FROM pg_stat_activity
		WHERE datname = current_database() AND query ILIKE 'LISTEN "healthcare_beat%'`).Scan(&hears)
	require.NoError(i.t, err)
	return hears
}
