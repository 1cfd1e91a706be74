package main_test

import (
	"database/sql"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// oldStores are dumps of stores of earlier releases (testdata/stores): an administrator, a
// doctor, and the patient Ada, who has that doctor, with a change of her record. The
// patient Eve was deleted.
var oldStores = []struct {
	commit string
	// seals holds the last seal in each engine's dump. The oldest program had no seals and
	// no history.
	seals map[string]string
}{
	{"aae2e07", nil},
	{"cd3ca8a", map[string]string{
		"sqlite":   "1:a34a7b6231e4f70c95e9abcf4de519f01c8386fe785d3cb81fcd42558eaa4a4f",
		"postgres": "1:e9637fead406bfaa9ef668896a91bca7cc8e2bdce82b303ae6679a728da016f5",
	}},
}

// TestAStoppedStoreOfAnEarlierProgramIsUpgraded follows docs/operations.md. On PostgreSQL,
// the service runs as a separate role with privileges on the old tables only.
func TestAStoppedStoreOfAnEarlierProgramIsUpgraded(t *testing.T) {
	for _, old := range oldStores {
		for engine, settings := range engines {
			t.Run(old.commit+" "+engine, func(t *testing.T) {
				t.Parallel()
				owner := append(settings(t), "SECRET_KEY="+secretKey)
				driver, dsn := databaseOf(owner)
				dump, err := os.ReadFile("testdata/stores/" + old.commit + "." + driver + ".sql")
				require.NoError(t, err)
				db, err := sql.Open(driver, dsn)
				require.NoError(t, err)
				_, err = db.ExecContext(t.Context(), string(dump))
				require.NoError(t, err)
				require.NoError(t, db.Close())
				env, migrate := owner, []string{"migrate"}
				if driver == "postgres" {
					role, app := newRole(t, dsn, `GRANT ALL ON ALL TABLES IN SCHEMA public TO "ROLE"`)
					env = []string{owner[0], "DATABASE_URL=" + app, owner[2]}
					migrate = append(migrate, "--grant-to", role)
				}

				code, _, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
				assert.Equal(t, 1, code)
				assert.Contains(t, stderr, "healthcare migrate")
				code, stdout, stderr := healthcare.Run(t.Context(), owner, migrate...)
				require.Zero(t, code, stderr)
				assert.Contains(t, stdout, "applied 00010_compatible_steps.sql")
				s := serve(t, env)
				token := s.login("admin@example.com")
				ada := home.request(s, http.MethodGet, "/api/patients/1/", token, "")
				assert.Contains(t, ada.body, `"medical_record":"Allergic to penicillin"`)
				assert.Contains(t, ada.body, `"assigned_doctors":[1]`)
				history := home.request(s, http.MethodGet, "/api/patients/1/history/", token, "")
				assert.Equal(t, http.StatusOK, history.status, history.body)
				if old.seals != nil {
					assert.Contains(t, history.body, `"change":"created"`)
					assert.Contains(t, ada.body, `"version":2`)
					restored := home.request(s, http.MethodPost, "/api/patients/2/restore/", token, "")
					assert.Equal(t, http.StatusOK, restored.status, restored.body)
					assert.Contains(t, restored.body, `"version":3`)
				}
				added := home.request(s, http.MethodPost, "/api/patients/", token, `{"name": "Later"}`)
				assert.Contains(t, added.body, `"id":3`)
				s.stop()
				assert.NotContains(t, s.log.String(), "level=ERROR", "%s", s.log)

				verify := []string{"audit", "verify"}
				if seal := old.seals[driver]; seal != "" {
					verify = append(verify, "--head", seal)
				}
				code, stdout, stderr = healthcare.Run(t.Context(), env, verify...)
				assert.Zero(t, code, stderr)
				assert.True(t, strings.HasPrefix(stdout, "The audit trail is intact"), stdout)
			})
		}
	}
}
