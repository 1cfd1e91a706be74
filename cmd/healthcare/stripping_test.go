package main_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestATrailStrippedOfItsEvidenceDoesNotPass removes all seals and evidence from the trail
// and forges an event.
func TestATrailStrippedOfItsEvidenceDoesNotPass(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		s := serve(t, env)
		s.login("admin@example.com")
		s.stop()
		code, said := audit(t, env, "verify")
		require.Zero(t, code, said)

		db := openDatabase(t, env)
		for _, statement := range []string{
			"DELETE FROM audit_seals",
			"UPDATE audit_events SET evidence = substr(evidence, 1, 0)",
			"INSERT INTO audit_events (id, at, actor_id, subject, evidence, data) SELECT 4711, at, actor_id, subject, evidence, data FROM audit_events WHERE id = 1",
		} {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		code, said = audit(t, env, "verify")
		assert.Equal(t, 1, code, said)
		assert.Contains(t, said, "3 of 3 events have no evidence and were never adopted")
		assert.NotContains(t, said, "The audit trail is intact")
		code, said = audit(t, env, "verify", "--allow-unadopted")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "3 of them have no evidence and were never adopted")

		const warning = `level=WARN msg="audit trail not sealed until it is adopted`
		for range 2 {
			s = serve(t, env)
			s.login("admin@example.com")
			require.Eventually(t, func() bool { return strings.Count(s.log.String(), warning) == 1 }, 10*time.Second, 10*time.Millisecond, "at each start: %s", s.log)
			s.stop()
			assert.NotContains(t, s.log.String(), "level=ERROR")
		}
		code, said = audit(t, env, "adopt")
		require.Zero(t, code, said)
		code, said = audit(t, env, "verify")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "3 of them were written by a release without evidence")
	})
}

// TestAnEventRemovedBeforeItIsSealedIsLogged adds a trigger that deletes events when they
// are inserted.
func TestAnEventRemovedBeforeItIsSealedIsLogged(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		db := openDatabase(t, env)
		statements := []string{`CREATE TRIGGER hide AFTER INSERT ON audit_events WHEN NEW.data ->> 'request_id' LIKE 'hidden-%'
			BEGIN DELETE FROM audit_events WHERE id = NEW.id; END`}
		if _, onPostgres := databaseURL(env); onPostgres {
			statements = []string{
				`CREATE FUNCTION hide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM audit_events WHERE id = NEW.id; RETURN NULL; END $$`,
				`CREATE TRIGGER hide AFTER INSERT ON audit_events FOR EACH ROW WHEN (NEW.data ->> 'request_id' LIKE 'hidden-%') EXECUTE FUNCTION hide()`,
			}
		}
		for _, statement := range statements {
			_, err := db.ExecContext(t.Context(), statement)
			require.NoError(t, err)
		}
		s := serve(t, env)
		token := s.login("admin@example.com")
		for n := range 3 {
			// a read, a change and a refusal
			require.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/doctors/", token, "", "X-Request-Id", fmt.Sprintf("hidden-read-%d", n)).status)
			require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, "/api/patients/", token, `{"name": "Ada"}`, "X-Request-Id", fmt.Sprintf("hidden-change-%d", n)).status)
			require.Equal(t, http.StatusNotFound, home.request(s, http.MethodGet, "/api/patients/999/", token, "", "X-Request-Id", fmt.Sprintf("hidden-refusal-%d", n)).status)
		}
		require.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/patients/", token, "", "X-Request-Id", "seen").status)
		awaitSeal(t, db, "seen")
		s.stop()
		named := lost.FindAllStringSubmatch(s.log.String(), -1)
		var ids []string
		for _, line := range named {
			ids = append(ids, strings.Fields(line[1])...)
		}
		want := []string{"3", "4", "5", "6", "7", "8", "9", "10", "11"}
		if _, onPostgres := databaseURL(env); !onPostgres {
			want = slices.Repeat([]string{"3"}, 9) // The next event gets the ID that is free.
		}
		assert.Equal(t, want, ids, "%s", s.log)
	})
}

var lost = regexp.MustCompile(`level=ERROR msg="audit events of this instance are missing: [^"]*" events="?\[([0-9 ]*)\]"?`)
