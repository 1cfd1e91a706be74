package main_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGuessesAreStoppedOnAllInstancesTogether guesses 200 times over two
// instances, each time pretending to be somewhere else.
func TestGuessesAreStoppedOnAllInstancesTogether(t *testing.T) {
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

// TestGuessesFromEverywhereLeaveTheOwnerIn guesses from 200 places, as a proxy
// reports them, until the account as a whole is locked.
func TestGuessesFromEverywhereLeaveTheOwnerIn(t *testing.T) {
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

// TestALoginTellsNothing compares answers and times of logins that cannot
// succeed. They take turns, and are compared turn by turn, so that whatever else
// the machine does slows down all alike.
func TestALoginTellsNothing(t *testing.T) {
	const turns = 50
	kinds := []string{"unknown", "wrong", "locked", "inactive"}
	password := map[string]string{"unknown": goodPassword, "wrong": "not-" + goodPassword, "locked": "not-" + goodPassword, "inactive": goodPassword}
	for name, settings := range engines {
		t.Run(name, func(t *testing.T) {
			// High enough to be reached by nobody but the stranger below.
			env := append(settings(t), "SECRET_KEY="+secretKey, "LIMIT_LOGIN_ACCOUNT=0", fmt.Sprintf("LIMIT_LOGIN_PAIR=%d/15m", turns+1))
			migrate(t, env)
			for _, name := range []string{"wrong", "inactive", "locked", "admin"} {
				createSuperuser(t, env, name+"@example.com")
			}
			code, _, stderr := run(t, env, "users", "deactivate", "--email", "inactive@example.com")
			require.Zero(t, code, stderr)
			s := serve(t, env)
			stranger := placeAt("127.0.0.3")
			for range turns + 1 { // locks the account to the stranger
				stranger.login(s, "locked@example.com", "guess")
			}
			require.Equal(t, http.StatusTooManyRequests, stranger.login(s, "locked@example.com", goodPassword).status)

			took, differences := map[string][]time.Duration{}, map[string][]time.Duration{}
			bodies := map[string]bool{}
			for turn := range turns {
				for _, kind := range kinds {
					begun := time.Now()
					got := home.login(s, kind+"@example.com", password[kind])
					took[kind] = append(took[kind], time.Since(begun))
					require.Equal(t, http.StatusUnauthorized, got.status, kind)
					bodies[got.body] = true
				}
				for _, kind := range kinds {
					differences[kind] = append(differences[kind], took[kind][turn]-took["unknown"][turn])
				}
			}
			assert.Len(t, bodies, 1, "one body for all")
			for _, kind := range kinds {
				t.Logf("%s: median %s, %s from unknown", kind, median(took[kind]), median(differences[kind]))
				assert.Less(t, median(differences[kind]).Abs(), max(10*time.Millisecond, 3*uncertainty(differences[kind])), kind)
			}
		})
	}
}

func median(durations []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(durations))[len(durations)/2]
}

// uncertainty is the standard error of the median, from the median absolute
// deviation, as for a normal distribution: how far off the median may be because of
// whatever else the machine does.
func uncertainty(durations []time.Duration) time.Duration {
	middle := median(durations)
	deviations := make([]time.Duration, len(durations))
	for i, d := range durations {
		deviations[i] = (d - middle).Abs()
	}
	sigma := 1.4826 * float64(median(deviations))
	return time.Duration(1.2533 * sigma / math.Sqrt(float64(len(durations))))
}

// TestALockTellsNothing locks an account and an address without one: step by
// step, the answers are the same.
func TestALockTellsNothing(t *testing.T) {
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

// TestRequestsAtOnceAreCountedOneByOne refreshes side by side on two instances.
func TestRequestsAtOnceAreCountedOneByOne(t *testing.T) {
	i := startInstances(t, "LIMIT_REFRESH=3/1h")
	var mutex sync.Mutex
	var requests sync.WaitGroup
	answers := map[int]int{}
	for n := range 60 {
		requests.Go(func() {
			token := `{"refresh": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}`
			got := home.request([]*service{i.here, i.there}[n%2], http.MethodPost, "/api/auth/login/refresh/", "", token)
			mutex.Lock()
			defer mutex.Unlock()
			answers[got.status]++
		})
	}
	requests.Wait()
	assert.Equal(t, map[int]int{http.StatusUnauthorized: 3, http.StatusTooManyRequests: 57}, answers)
}
