package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestInstancesShareTheLoginRateLimit guesses 200 times over two
// instances, each time with another forged client address.
func TestInstancesShareTheLoginRateLimit(t *testing.T) {
	i := startInstances(t)
	i.user("ada@example.com")
	answers := map[int]int{}
	for n := range 200 {
		service := []*service{i.here, i.there}[n%2]
		got := home.login(service, "ada@example.com", fmt.Sprintf("guess number %d", n), "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n))
		answers[got.status]++
		if got.status == http.StatusTooManyRequests {
			wait, err := strconv.Atoi(got.header.Get("Retry-After"))
			require.NoError(t, err)
			assert.Positive(t, wait)
		}
	}
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 10, http.StatusTooManyRequests: 190}, answers)
	for _, service := range []*service{i.here, i.there} {
		assert.Equal(t, http.StatusTooManyRequests, home.login(service, "ada@example.com", goodPassword).status, "the right password is refused, too")
		assert.Equal(t, http.StatusOK, placeAt("127.0.0.2").login(service, "ada@example.com", goodPassword).status, "the owner on another network")
	}
}

// TestTheOwnerCanSignInDuringDistributedGuessing guesses from 200 client networks, as a proxy
// reports them, until the account as a whole is locked.
func TestTheOwnerCanSignInDuringDistributedGuessing(t *testing.T) {
	i := startInstances(t, "TRUSTED_PROXIES=127.0.0.1")
	i.user("ada@example.com")
	from := func(service *service, address, password string) int {
		return home.login(service, "ada@example.com", password, "X-Forwarded-For", address).status
	}
	require.Equal(t, http.StatusOK, from(i.here, "198.51.100.7", goodPassword), "the owner signs in on the usual network")
	answers := map[int]int{}
	for n := range 200 {
		answers[from([]*service{i.here, i.there}[n%2], fmt.Sprintf("203.0.113.%d", n), "wrong")]++
	}
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 100, http.StatusTooManyRequests: 100}, answers)
	assert.Equal(t, http.StatusTooManyRequests, from(i.here, "192.0.2.1", goodPassword), "a network without a successful login")
	assert.Equal(t, http.StatusOK, from(i.there, "198.51.100.7", goodPassword), "the owner on the usual network")
}

// TestLoginDoesNotRevealWhetherAnAccountExists compares the responses of failing logins. That
// they take the same time follows from TestEveryLoginCostsTheSameWork (application) and
// TestVerifyTakesAsLongForUsersWithoutPassword (adapters/passwords), which count the work.
func TestLoginDoesNotRevealWhetherAnAccountExists(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		migrate(t, env)
		for _, name := range []string{"wrong", "inactive", "locked", "admin"} {
			createSuperuser(t, env, name+"@example.com")
		}
		code, _, stderr := healthcare.Run(t.Context(), env, "users", "deactivate", "--email", "inactive@example.com")
		require.Zero(t, code, stderr)
		s := serve(t, env)
		lock(t, s, "locked@example.com")

		unknown := home.login(s, "unknown@example.com", goodPassword)
		require.Equal(t, http.StatusUnauthorized, unknown.status)
		for name, password := range map[string]string{"wrong": "not-" + goodPassword, "locked": "not-" + goodPassword, "inactive": goodPassword} {
			got := home.login(s, name+"@example.com", password)
			assert.Equal(t, unknown.status, got.status, name)
			assert.Equal(t, unknown.body, got.body, name)
		}
	})
}

// lock guesses a user's password from another network until the user is locked there.
func lock(t *testing.T, s *service, email string) {
	t.Helper()
	stranger := placeAt("127.0.0.3")
	for range 10 {
		stranger.login(s, email, "guess")
	}
	require.Equal(t, http.StatusTooManyRequests, stranger.login(s, email, goodPassword).status)
}

// TestRateLimitDoesNotRevealWhetherAnAccountExists locks a user and an unknown address:
// each response is the same for both.
func TestRateLimitDoesNotRevealWhetherAnAccountExists(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		migrate(t, env)
		createSuperuser(t, env, "known@example.com")
		s := serve(t, env)
		for n := range 14 {
			known, unknown := home.login(s, "known@example.com", "wrong"), home.login(s, "unknown@example.com", "wrong")
			assert.Equal(t, known.status, unknown.status)
			assert.Equal(t, known.body, unknown.body)
			assert.Equal(t, known.header.Get("Retry-After") != "", unknown.header.Get("Retry-After") != "")
			assert.Equal(t, n >= 10, known.status == http.StatusTooManyRequests)
		}
	})
}

// TestConcurrentGuessesAreAllCounted sends concurrent refreshes to two instances.
func TestConcurrentGuessesAreAllCounted(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=3/1h")
	assertAllCounted(t, 3, i.refreshAtOnce(func(int) string { return "" }))
}

// TestConcurrentGuessesFromASiteAreAllCounted sends each request from another
// network of one site.
func TestConcurrentGuessesFromASiteAreAllCounted(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=1/1h", "TRUSTED_PROXIES=127.0.0.1")
	assertAllCounted(t, 5, i.refreshAtOnce(func(n int) string { return fmt.Sprintf("2001:db8:1:%x::1", n) }))
}

// assertAllCounted asserts that of 60 guesses as many were judged as the limit allows. On a slow
// machine, some have to wait for too long and are answered with 503; they can be counted, too.
func assertAllCounted(t *testing.T, limit int, answers map[int]int) {
	t.Helper()
	judged, refused, unavailable := answers[http.StatusUnauthorized], answers[http.StatusTooManyRequests], answers[http.StatusServiceUnavailable]
	assert.Equal(t, 60, judged+refused+unavailable, "%v", answers)
	assert.LessOrEqual(t, judged, limit, "%v", answers)
	assert.GreaterOrEqual(t, judged+unavailable, limit, "%v", answers)
}

// refreshAtOnce sends 60 concurrent refreshes, each with the client address that address
// returns, and counts the statuses of the responses.
func (i *instances) refreshAtOnce(address func(n int) string) map[int]int {
	var mutex sync.Mutex
	var requests sync.WaitGroup
	answers := map[int]int{}
	for n := range 60 {
		requests.Go(func() {
			token := `{"refresh": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`
			got := home.request([]*service{i.here, i.there}[n%2], http.MethodPost, "/api/auth/login/refresh/", "", token, "X-Forwarded-For", address(n))
			mutex.Lock()
			defer mutex.Unlock()
			answers[got.status]++
		})
	}
	requests.Wait()
	return answers
}
