package main_test

import (
	"database/sql"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An earlier version writes beside the service during an upgrade.
func TestTheServicePreparesRecordsOfAnEarlierVersionForSearches(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		s := serve(t, env)
		createSuperuser(t, env, "admin@example.com")
		got := home.request(s, http.MethodPost, "/api/patients/", s.login("admin@example.com"), `{"name": "Ada Lovelace"}`)
		require.Equal(t, 201, got.status, got.body)
		db, err := sql.Open(databaseOf(env))
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), `UPDATE patients SET name = 'Łukasz', version = version + 1`)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			var name string
			err := db.QueryRowContext(t.Context(), `SELECT name_folded FROM patients WHERE search_text LIKE 'lukasz%' AND folded_version = version`).Scan(&name)
			return err == nil && name == "lukasz"
		}, time.Minute, 100*time.Millisecond)
		s.stop()
	})
}
