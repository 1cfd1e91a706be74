package main_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// audit runs an audit command and asserts that its output has no personal data.
func audit(t *testing.T, env []string, args ...string) (code int, said string) {
	t.Helper()
	code, stdout, stderr := healthcare.Run(t.Context(), env, append([]string{"audit"}, args...)...)
	said = stdout + stderr
	for _, personal := range []string{"@", "127.0.0.1", "Ada"} {
		assert.NotContains(t, said, personal)
	}
	return code, said
}

// awaitSeal waits until the event of the request is sealed.
func awaitSeal(t *testing.T, db *sql.DB, request string) {
	t.Helper()
	require.Eventually(t, func() bool {
		var sealed bool
		err := db.QueryRowContext(t.Context(), `SELECT COALESCE(max(through), 0) >= (SELECT id FROM audit_events WHERE data ->> 'request_id' = $1)
			FROM audit_seals`, request).Scan(&sealed)
		return assert.NoError(t, err) && sealed
	}, 5*time.Second, 10*time.Millisecond)
}

// TestEventsAreSealedWithinSeconds runs the commands while the service runs
// and after it has stopped.
func TestEventsAreSealedWithinSeconds(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		code, said := audit(t, env, "head")
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "there is no seal yet")
		code, said = audit(t, env, "verify")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "There is no seal yet.")

		s := serve(t, env)
		token := s.login("admin@example.com")
		db := openDatabase(t, env)
		var heads []string
		for n := range 2 {
			id := fmt.Sprintf("read-%d", n)
			require.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/patients/", token, "", "X-Request-Id", id).status)
			awaitSeal(t, db, id)
			code, head := audit(t, env, "head")
			require.Zero(t, code, head)
			require.Regexp(t, regexp.MustCompile(`^\d+:[0-9a-f]{64}\n$`), head)
			heads = append(heads, strings.TrimSpace(head))
		}
		require.Equal(t, http.StatusCreated, home.request(s, http.MethodPost, "/api/patients/", token, `{"name": "Ada"}`).status)
		s.stop()
		named := regexp.MustCompile(`msg="last seal of the audit trail" head=(\S+)\n`).FindAllStringSubmatch(s.log.String(), -1)
		require.Len(t, named, 2, "when it starts and when it stops: %s", s.log)
		heads = append(heads, named[0][1], named[1][1])
		_, head := audit(t, env, "head")
		assert.Equal(t, heads[3]+"\n", head)
		for _, head := range heads {
			code, said = audit(t, env, "verify", "--head", head)
			assert.Zero(t, code, said)
		}
		var events, unsealed, verified int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM audit_events").Scan(&events))
		_, err := fmt.Sscanf(said, "The audit trail is intact: %d events, %d of them", &verified, &unsealed)
		require.NoError(t, err, said)
		assert.Equal(t, events, verified, "verify records no event")
		assert.Zero(t, unsealed, "stopping the service seals all events")

		for _, head := range []string{"garbage", "", "1:" + strings.Repeat("0", 63), "-1:" + strings.Repeat("0", 64)} {
			code, said := audit(t, env, "verify", "--head="+head)
			assert.Equal(t, 1, code)
			assert.Contains(t, said, "head: A head is a number, a colon and 64 hexadecimal digits", "%q", head)
		}
		code, said = audit(t, env, "verify", "--head", heads[0][:len(heads[0])-4]+"0000")
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "is not the kept one")
	})
}

// TestAForeignEventIsLoggedOnce inserts an event into the database directly.
func TestAForeignEventIsLoggedOnce(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		createSuperuserOn(t, env)
		s := serve(t, env)
		token := s.login("admin@example.com")
		db := openDatabase(t, env)
		_, err := db.ExecContext(t.Context(), `INSERT INTO audit_events (id, at, actor_id, subject, evidence, data)
			SELECT 4711, at, actor_id, subject, $1, data FROM audit_events WHERE id = 1`, bytes.Repeat([]byte{1}, 48))
		require.NoError(t, err)
		const told = "audit trail holds events that no instance wrote: examine it with the command audit verify"
		for n := range 3 { // Each waits for a round of sealing.
			id := fmt.Sprintf("read-%d", n)
			require.Equal(t, http.StatusOK, home.request(s, http.MethodGet, "/api/patients/", token, "", "X-Request-Id", id).status)
			awaitSeal(t, db, id)
		}
		code, said := audit(t, env, "verify")
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "event 4711 was inserted")
		s.stop()
		assert.Equal(t, 1, strings.Count(s.log.String(), told), "%s", s.log)
		assert.Regexp(t, `level=ERROR msg="`+told+`" events=\[4711\]\n`, s.log.String())
	})
}

// TestTwoInstancesSealOneTrail runs two instances on one database.
func TestTwoInstancesSealOneTrail(t *testing.T) {
	i := startInstances(t, noLimits...)
	db := openDatabase(t, i.env)
	traffic := trafficOf(8, func(client, n int, id string) (string, answer) {
		s := []*service{i.here, i.there}[client%2]
		if n%2 == 0 {
			return "create", home.request(s, http.MethodPost, "/api/patients/", i.admin, `{"name": "Ada"}`, "X-Request-Id", id)
		}
		return "read", home.request(s, http.MethodGet, "/api/patients/?limit=3", i.admin, "", "X-Request-Id", id)
	})
	var seals, last int
	count := func() {
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*), COALESCE(max(number), 0) FROM audit_seals").Scan(&seals, &last))
	}
	for n := 1; n <= 3; n++ {
		require.Eventually(t, func() bool { count(); return last >= 2*n }, 30*time.Second, 10*time.Millisecond)
		code, said := audit(t, i.env, "verify")
		assert.Zero(t, code, said)
	}
	traffic.end()
	for _, answers := range traffic.exchanges[0] {
		for _, got := range answers {
			assert.Contains(t, []int{http.StatusOK, http.StatusCreated}, got.answer.status, got.answer.body)
		}
	}
	for _, s := range []*service{i.here, i.there} {
		s.stop()
		assert.NotContains(t, s.log.String(), "level=ERROR", "%s", s.log)
	}
	count()
	assert.Equal(t, last, seals, "the numbers have no gap")
	code, said := audit(t, i.env, "verify")
	assert.Zero(t, code, said)
	assert.Contains(t, said, "0 of them not sealed yet")
}

// TestATrailSealedWithAnotherKeyIsNotWrittenTo replaces SECRET_KEY without a fallback, as
// when it is lost.
func TestATrailSealedWithAnotherKeyIsNotWrittenTo(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		migrate(t, env)
		before := append(slices.Clone(env), "SECRET_KEY="+secretKey)
		createSuperuser(t, before, "admin@example.com")
		s := serve(t, before)
		s.login("admin@example.com")
		s.stop()
		code, head := audit(t, before, "head")
		require.Zero(t, code, head)
		head = strings.TrimSpace(head)

		after := append(slices.Clone(env), "SECRET_KEY=another one, of more bytes than thirty-two")
		users := func() (int, string) {
			code, stdout, stderr := healthcare.Run(t.Context(), after, "users", "list")
			return code, stdout + stderr
		}
		code, said := users()
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "the last seal of the audit trail, "+head+", was not made with SECRET_KEY")
		assert.Contains(t, said, "healthcare audit adopt --head "+head)
		code, said = audit(t, after, "verify")
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "was not made with a key of this service")

		code, said = audit(t, after, "adopt", "--head", "1:"+strings.Repeat("0", 64))
		assert.Equal(t, 1, code)
		assert.Contains(t, said, "--head is not the last seal of the trail, which is "+head)
		code, said = audit(t, after, "adopt", "--head", head)
		require.Zero(t, code, said)
		code, said = users()
		assert.Zero(t, code, said)
		s = serve(t, after)
		s.login("admin@example.com")
		s.stop()
		code, said = audit(t, after, "verify", "--head", head)
		assert.Zero(t, code, said)
		code, _ = audit(t, before, "verify")
		assert.Equal(t, 1, code)
	})
}
