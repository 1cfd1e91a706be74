package httpapi_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

const (
	home      = "203.0.113.7"
	elsewhere = "198.51.100.7"
)

// wait returns the time in Retry-After.
func (a answer) wait(t testing.TB) time.Duration {
	t.Helper()
	seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
	require.NoError(t, err)
	return time.Duration(seconds) * time.Second
}

func (a *api) tryLogin(status int, email, password, address string) answer {
	a.t.Helper()
	return a.want(status, "POST", "/api/auth/login/", "", credentials(email, password), "X-Forwarded-For", address)
}

func TestGuessesOfAPasswordAreRateLimited(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("staff@example.com", domain.Staff)
		var refused []answer
		for _, email := range []string{"staff@example.com", "nobody@example.com"} {
			for range 10 {
				assert.Equal(t, "no_active_account", api.tryLogin(401, email, "wrong", elsewhere).code(t))
			}
			refused = append(refused, api.tryLogin(429, email, "wrong", elsewhere))
		}
		assert.Equal(t, string(refused[0].body), string(refused[1].body), "the answer does not show whether the account exists")
		assert.Equal(t, refused[0].Header.Get("Retry-After"), refused[1].Header.Get("Retry-After"))
		assert.Equal(t, "throttled", refused[0].code(t))
		wait := refused[0].wait(t)
		assert.Equal(t, 57*time.Second, wait, "a sixteenth of the window, rounded up")

		assert.Equal(t, "throttled", api.tryLogin(429, "STAFF@example.com", goodPassword, elsewhere).code(t), "the right password is refused, too")
		api.tryLogin(200, "staff@example.com", goodPassword, home)
		api.Advance(wait)
		api.tryLogin(401, "staff@example.com", "wrong", elsewhere)
		assert.Greater(t, api.tryLogin(429, "staff@example.com", "wrong", elsewhere).wait(t), wait, "each further attempt must wait longer")
		api.Advance(2 * wait)
		api.tryLogin(200, "staff@example.com", goodPassword, elsewhere)
		assert.NotContains(t, api.log.String(), "nobody@")
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 10, Window: 15 * time.Minute}
	})
}

func TestGuessesFromManyNetworksAreRateLimited(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("staff@example.com", domain.Staff)
		api.tryLogin(200, "staff@example.com", goodPassword, home)
		for i := range 20 {
			api.tryLogin(401, "staff@example.com", "wrong", "192.0.2."+strconv.Itoa(i))
		}
		api.tryLogin(429, "staff@example.com", goodPassword, elsewhere)
		api.tryLogin(200, "staff@example.com", goodPassword, home) // makes home a known network of the user
		for i := range 10 {
			api.tryLogin(401, "nobody@example.com", "wrong", "2001:db8:1:2::"+strconv.Itoa(i))
		}
		api.tryLogin(429, "nobody@example.com", "wrong", "2001:db8:1:2:ffff::")
		api.tryLogin(401, "nobody@example.com", "wrong", "2001:db8:1:3::1")
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.LoginPair = domain.Limit{Max: 10, Window: 15 * time.Minute}
		r.Limits.LoginAccount = domain.Limit{Max: 20, Window: 15 * time.Minute}
	})
}

func TestBadRefreshesAreLimitedAndGoodOnesAreNot(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		api.signUp("staff@example.com", domain.Staff)
		refresh := api.login("staff@example.com")["refresh"].(string)
		try := func(status int, token string) answer {
			return api.want(status, "POST", "/api/auth/login/refresh/", "", `{"refresh":"`+token+`"}`, "X-Forwarded-For", home)
		}
		madeUp := refresh[22:] + refresh[:22]
		for range 3 {
			try(401, madeUp)
		}
		assert.Equal(t, time.Minute, try(429, madeUp).wait(t))
		refresh = try(200, refresh).object(t)["refresh"].(string)
		for range 5 {
			refresh = try(200, refresh).object(t)["refresh"].(string)
		}
		api.Advance(time.Minute)
		try(401, refresh+"x") // has the wrong length for a token
		try(401, madeUp)
	}, func(_ *application.Ports, r *application.Rules) {
		r.Limits.Refresh = domain.Limit{Max: 3, Window: time.Minute}
	})
}
