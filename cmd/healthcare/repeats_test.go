package main_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAFloodOfRateLimitedLoginsWritesFewEvents stops the program before the minute is over:
// the counted refusals are written then.
func TestAFloodOfRateLimitedLoginsWritesFewEvents(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "LIMIT_LOGIN_PAIR=3/24h")
		createSuperuserOn(t, env)
		s := serve(t, env)
		for range 3 {
			require.Equal(t, http.StatusUnauthorized, home.login(s, "admin@example.com", "wrong "+goodPassword).status)
		}
		const flood = 400
		for range flood {
			require.Equal(t, http.StatusTooManyRequests, home.login(s, "admin@example.com", goodPassword).status)
		}
		db := openDatabase(t, env)
		var events, named int
		count := func() {
			require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*), count(CASE WHEN subject = 'user:1' THEN 1 END)
				FROM audit_events WHERE data ->> 'action' = 'session:create'`).Scan(&events, &named))
		}
		count()
		assert.Less(t, events, 3+5)
		s.stop()
		count()
		assert.Less(t, events, 3+6)
		assert.Equal(t, events, named, "every event names the user")
		assert.Regexp(t, regexp.MustCompile(`level=WARN msg="repeated refusals: the audit trail holds the last one" action=session:create number=\d+ from=\S+ to=\S+ subject=1 request_id=`), s.log.String())
		assert.NotContains(t, s.log.String(), "admin@example.com")
		code, said := audit(t, env, "verify")
		assert.Zero(t, code, said)
		assert.Contains(t, said, "0 of them not sealed yet")
	})
}
