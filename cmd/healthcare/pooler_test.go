package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

const feedIsSilent = "revocation feed silent"

// TestInstancesBehindAPooler runs two instances behind pgbouncer in each way that docs/operations.md allows. Each
// answer must be the one to its own question, and a revocation counts on the other instance, whether or not the
// pooler passes notifications on.
func TestInstancesBehindAPooler(t *testing.T) {
	for _, tt := range []struct {
		mode, prepared string
		silent         bool
	}{
		{pgtest.SessionPooling, "true", false},
		{pgtest.SessionPooling, "false", false},
		{pgtest.TransactionPooling, "false", true},
	} {
		t.Run(tt.mode+" "+tt.prepared, func(t *testing.T) {
			t.Parallel()
			direct := append(engines["postgres"](t), append(noLimits, "SECRET_KEY="+secretKey)...)
			createSuperuserOn(t, direct)
			_, dsn := databaseOf(direct)
			env := append(direct, "DATABASE_URL="+pgtest.Pooler(t, dsn, tt.mode), "DB_PREPARED_STATEMENTS="+tt.prepared)
			i := &instances{t: t, env: env}
			for _, instance := range []**service{&i.here, &i.there} {
				*instance = started(t, cheap.command(t, env, "serve", "--addr", "127.0.0.1:0"))
			}
			i.admin = i.here.login("admin@example.com")
			mixedLoad(t, i)

			require.Eventually(t, func() bool {
				return tt.silent == strings.Contains(i.there.log.String(), feedIsSilent)
			}, 20*time.Second, 50*time.Millisecond)
			i.outThere(t, i.admin, func() {
				i.expect(t, http.StatusNoContent, http.MethodPost, "/api/auth/logout/", i.admin, "")
			})
			for _, instance := range []*service{i.here, i.there} {
				instance.stop()
				assert.NotContains(t, instance.log.String(), "level=ERROR", "%s", instance.log)
				assert.Equal(t, tt.silent, strings.Contains(instance.log.String(), feedIsSilent))
			}
			code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
			assert.Zero(t, code, stderr)
			assert.Contains(t, stdout, "The audit trail is intact")
		})
	}
}

// mixedLoad lets clients of both instances add, change, read, find and delete patients of their own.
func mixedLoad(t *testing.T, i *instances) {
	t.Helper()
	var clients sync.WaitGroup
	for client := range 8 {
		clients.Go(func() {
			s := []*service{i.here, i.there}[client%2]
			for round := range 5 {
				name := fmt.Sprintf("Patient %c%c", 'A'+client, 'A'+round)
				added := home.request(s, http.MethodPost, "/api/patients/", i.admin, `{"name": "`+name+`"}`)
				assert.Equal(t, http.StatusCreated, added.status, added.body)
				path := added.header.Get("Location")
				changed := home.request(s, http.MethodPatch, path, i.admin, `{"medical_record": "`+name+`"}`)
				assert.Contains(t, changed.body, `"medical_record":"`+name+`"`)
				assert.Contains(t, home.request(s, http.MethodGet, path, i.admin, "").body, `"name":"`+name+`"`)
				found := home.request(s, http.MethodGet, "/api/patients/?search="+strings.ReplaceAll(strings.ToLower(name), " ", "+"), i.admin, "")
				assert.Equal(t, 1, strings.Count(found.body, `"name":`), found.body)
				assert.Contains(t, found.body, name)
				if round == 0 {
					assert.Equal(t, http.StatusNoContent, home.request(s, http.MethodDelete, path, i.admin, "").status)
				}
			}
		})
	}
	clients.Wait()
}
