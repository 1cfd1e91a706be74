package main_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

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

// TestLoginDoesNotRevealWhetherAnAccountExists compares responses and times of failing logins.
// The kinds of login alternate in a changing order and are compared turn by turn, so that
// other load on the machine slows all of them down. A difference in the program appears in
// every measurement and a difference of the machine does not, so the test fails after three
// measurements with a difference. It uses the released program, whose hashes take several
// times as long as the difference that is measured.
func TestLoginDoesNotRevealWhetherAnAccountExists(t *testing.T) {
	t.Parallel()
	const (
		turns  = 50
		tries  = 3
		tells  = 10 * time.Millisecond
		logins = tries * turns // of each kind
	)
	kinds := []string{"unknown", "wrong", "locked", "inactive"}
	password := map[string]string{"unknown": goodPassword, "wrong": "not-" + goodPassword, "locked": "not-" + goodPassword, "inactive": goodPassword}
	program, err := released()
	require.NoError(t, err)
	for name, settings := range engines {
		t.Run(name, func(t *testing.T) {
			// Only the stranger below reaches this limit.
			env := append(settings(t), "SECRET_KEY="+secretKey, "LIMIT_LOGIN_ACCOUNT=0", "LIMIT_LOGIN_ADDRESS=0", fmt.Sprintf("LIMIT_LOGIN_PAIR=%d/15m", logins+1))
			migrate(t, env)
			for _, name := range []string{"wrong", "inactive", "locked", "admin"} {
				program.createSuperuser(t, env, name+"@example.com")
			}
			code, _, stderr := healthcare.Run(t.Context(), env, "users", "deactivate", "--email", "inactive@example.com")
			require.Zero(t, code, stderr)
			s := program.serve(t, env)
			lock(t, s, "locked@example.com", logins+1)

			bodies := map[string]bool{}
			measure := func() (told time.Duration) {
				took, differences := map[string]time.Duration{}, map[string][]time.Duration{}
				for turn := range turns {
					for n := range kinds {
						kind := kinds[(turn+n)%len(kinds)]
						begun := time.Now()
						got := home.login(s, kind+"@example.com", password[kind])
						took[kind] = time.Since(begun)
						require.Equal(t, http.StatusUnauthorized, got.status, kind)
						bodies[got.body] = true
					}
					for _, kind := range kinds {
						differences[kind] = append(differences[kind], took[kind]-took["unknown"])
					}
				}
				for _, kind := range kinds {
					t.Logf("%s: median %s from unknown", kind, median(differences[kind]))
					told = max(told, median(differences[kind]).Abs())
				}
				return told
			}
			told := measure()
			for try := 1; try < tries && told >= tells; try++ {
				told = measure()
			}
			assert.Less(t, told, tells)
			assert.Len(t, bodies, 1, "one body for all")
		})
	}
}

// lock guesses a user's password from another network until the user is locked there.
func lock(t *testing.T, s *service, email string, guesses int) {
	stranger := placeAt("127.0.0.3")
	for range guesses {
		stranger.login(s, email, "guess")
	}
	require.Equal(t, http.StatusTooManyRequests, stranger.login(s, email, goodPassword).status)
}

func median(durations []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(durations))[len(durations)/2]
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
	got := i.refreshAtOnce(func(int) string { return "" })
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 3, http.StatusTooManyRequests: 57}, got)
}

// TestConcurrentGuessesFromASiteAreAllCounted sends each request from another
// network of one site.
func TestConcurrentGuessesFromASiteAreAllCounted(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=1/1h", "TRUSTED_PROXIES=127.0.0.1")
	got := i.refreshAtOnce(func(n int) string { return fmt.Sprintf("2001:db8:1:%x::1", n) })
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 5, http.StatusTooManyRequests: 55}, got)
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
