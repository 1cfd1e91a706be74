package main_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
)

// TestARequestThatIsRepeatedAfterAKillIsDoneOnce kills the program with SIGKILL while clients
// create patients. Some requests are then committed and not answered. Each client sends its
// last request again with the same key.
func TestARequestThatIsRepeatedAfterAKillIsDoneOnce(t *testing.T) {
	for name, engine := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const kills, clients, enough = 5, 8, 30
			env := append(engine(t), "SECRET_KEY="+secretKey)
			createSuperuserOn(t, env)
			s := serve(t, env)
			token := s.login("admin@example.com")
			sent, replayed := 0, 0
			for round := range kills {
				var answered atomic.Int64
				var killed atomic.Bool
				var creating sync.WaitGroup
				unanswered := make([]string, clients)
				counts := make([]int, clients)
				for c := range clients {
					creating.Go(func() {
						for n := 0; unanswered[c] == ""; n++ {
							name := fmt.Sprintf("Patient %d %d %d", round, c, n)
							counts[c]++
							if _, err := createOnce(t.Context(), s.api(token), name); err != nil {
								unanswered[c] = name
								assert.True(t, killed.Load(), "%v", err)
							}
							answered.Add(1)
						}
					})
				}
				assert.Eventually(t, func() bool { return answered.Load() >= enough }, time.Minute, time.Millisecond, "%s", s.log)
				killed.Store(true)
				s.kill()
				creating.Wait()
				s = serve(t, env)
				for c, name := range unanswered {
					again, err := createOnce(t.Context(), s.api(token), name)
					require.NoError(t, err)
					if again.HTTPResponse.Header.Get("Idempotent-Replayed") == "true" {
						replayed++
					}
					sent += counts[c]
				}
			}
			rows := map[string]int{}
			listed, err := openDatabase(t, env).QueryContext(t.Context(), `SELECT name FROM patients`)
			require.NoError(t, err)
			defer listed.Close()
			for listed.Next() {
				var name string
				require.NoError(t, listed.Scan(&name))
				rows[name]++
				assert.Equal(t, 1, rows[name], name)
			}
			require.NoError(t, listed.Err())
			assert.Len(t, rows, sent)
			t.Logf("%d of %d repeated requests had been done", replayed, kills*clients)
		})
	}
}

// createOnce creates a patient with a key that is made from the name.
func createOnce(ctx context.Context, api *client.ClientWithResponses, name string) (*client.CreatePatientResponse, error) {
	key := fmt.Sprintf("%x", name)
	answer, err := api.CreatePatientWithResponse(ctx, &client.CreatePatientParams{IdempotencyKey: &key}, client.PatientInput{Name: name})
	if err == nil && answer.StatusCode() != http.StatusCreated {
		err = fmt.Errorf("%s: %s", answer.Status(), answer.Body)
	}
	return answer, err
}
