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
// instances, each time pretending to be somewhere else.
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
		assert.Equal(t, http.StatusTooManyRequests, home.login(service, "ada@example.com", goodPassword).status, "not even the right password is told apart")
		assert.Equal(t, http.StatusOK, placeAt("127.0.0.2").login(service, "ada@example.com", goodPassword).status, "the owner, elsewhere")
	}
}

// TestTheOwnerCanSignInDuringDistributedGuessing guesses from 200 places, as a proxy
// reports them, until the account as a whole is locked.
func TestTheOwnerCanSignInDuringDistributedGuessing(t *testing.T) {
	i := startInstances(t, "TRUSTED_PROXIES=127.0.0.1")
	i.user("ada@example.com")
	from := func(service *service, address, password string) int {
		return home.login(service, "ada@example.com", password, "X-Forwarded-For", address).status
	}
	require.Equal(t, http.StatusOK, from(i.here, "198.51.100.7", goodPassword), "the owner signs in at the usual place")
	answers := map[int]int{}
	for n := range 200 {
		answers[from([]*service{i.here, i.there}[n%2], fmt.Sprintf("203.0.113.%d", n), "wrong")]++
	}
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 100, http.StatusTooManyRequests: 100}, answers)
	assert.Equal(t, http.StatusTooManyRequests, from(i.here, "192.0.2.1", goodPassword), "a place never seen before")
	assert.Equal(t, http.StatusOK, from(i.there, "198.51.100.7", goodPassword), "the owner at the usual place")
}

// TestLoginDoesNotRevealWhetherAnAccountExists compares answers and times of logins that cannot
// succeed. They take turns, in an order that changes, and are compared turn by turn,
// so that whatever else the machine does slows down all alike. A difference that is
// the program's is there each time that it is measured, one that is the machine's is
// not: it must be seen three times. The program is the released one, whose hashes
// take several times as long as the difference that tells.
func TestLoginDoesNotRevealWhetherAnAccountExists(t *testing.T) {
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
			// High enough to be reached by nobody but the stranger below.
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

// lock guesses at an account from elsewhere until it is locked to that place.
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

// TestRateLimitDoesNotRevealWhetherAnAccountExists locks an account and an address without one: step by
// step, the answers are the same.
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

// TestConcurrentGuessesAreAllCounted refreshes side by side on two instances.
func TestConcurrentGuessesAreAllCounted(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=3/1h")
	got := i.refreshAtOnce(func(int) string { return "" })
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 3, http.StatusTooManyRequests: 57}, got)
}

// TestConcurrentGuessesFromASiteAreAllCounted has each request come from another
// network of one site.
func TestConcurrentGuessesFromASiteAreAllCounted(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=1/1h", "TRUSTED_PROXIES=127.0.0.1")
	got := i.refreshAtOnce(func(n int) string { return fmt.Sprintf("2001:db8:1:%x::1", n) })
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 5, http.StatusTooManyRequests: 55}, got)
}

// refreshAtOnce sends 60 refreshes, each as a proxy reports it from the address that
// address gives, and returns how often there was which status.
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
