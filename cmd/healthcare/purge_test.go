package main_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
	healthcare "example.com/healthcare/cmd/healthcare"
	"example.com/healthcare/domain"
)

// deletedEarlier moves the deletion time of a record back by days.
func deletedEarlier(t *testing.T, env []string, days int, kind domain.SubjectKind, id int) {
	t.Helper()
	driver, source, earlier := "sqlite", "", fmt.Sprintf("at - %d", time.Duration(days)*24*time.Hour/time.Microsecond)
	for _, setting := range env {
		if dir, found := strings.CutPrefix(setting, "DATA_DIR="); found && source == "" {
			source = filepath.Join(dir, "healthcare.db")
		}
		if dsn, found := strings.CutPrefix(setting, "DATABASE_URL="); found {
			driver, source, earlier = "postgres", dsn, fmt.Sprintf("at - interval '%d days'", days)
		}
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	defer db.Close()
	changed, err := db.ExecContext(t.Context(), fmt.Sprintf("UPDATE deletions SET at = %s WHERE kind = '%s' AND record_id = %d", earlier, kind, id))
	require.NoError(t, err)
	rows, err := changed.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, rows)
}

// TestPurgeRemovesRecordsDeletedLongAgo runs beside a service, in which doctor 1,
// patient 1 and their mapping 1 were deleted ten years ago, doctor 2, patient 2 and
// mapping 2 slightly less than ten years ago, and doctor 3, patient 3 and mapping 3 exist.
func TestPurgeRemovesRecordsDeletedLongAgo(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = append(env, "SECRET_KEY="+secretKey)
		s := serve(t, env)
		createSuperuser(t, env, "admin@example.com")
		token := s.login("admin@example.com")
		ask := func(status int, method, path, body string) string {
			t.Helper()
			got := home.request(s, method, path, token, body)
			require.Equal(t, status, got.status, "%s %s: %s", method, path, got.body)
			return got.body
		}
		purge := func(args ...string) string {
			t.Helper()
			code, out, stderr := healthcare.Run(t.Context(), env, append([]string{"purge", "--older-than", "10y"}, args...)...)
			require.Zero(t, code, stderr)
			return regexp.MustCompile(` +`).ReplaceAllString(out, " ")
		}
		for id := 1; id <= 3; id++ {
			ask(201, http.MethodPost, "/api/doctors/", fmt.Sprintf(`{"name": "Gregory House", "specialization": "x", "license_number": "NJ-%d", "salary": "1"}`, id))
			ask(201, http.MethodPost, "/api/patients/", `{"name": "Ada"}`)
			ask(201, http.MethodPost, "/api/mappings/", fmt.Sprintf(`{"patient": %d, "doctor": %d}`, id, id))
		}
		for id, days := range map[int]int{1: 3654, 2: 3651} {
			ask(204, http.MethodDelete, fmt.Sprintf("/api/doctors/%d/", id), "")
			ask(204, http.MethodDelete, fmt.Sprintf("/api/patients/%d/", id), "")
			for _, kind := range []domain.SubjectKind{domain.SubjectDoctor, domain.SubjectPatient, domain.SubjectMapping} {
				deletedEarlier(t, env, days, kind, id)
			}
		}

		for range 2 {
			out := purge()
			assert.Regexp(t, `^Deleted before \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ:\nmappings 1\npatients 1\ndoctors 1\n`, out)
			assert.Contains(t, out, "Nothing was removed. Add --yes")
		}
		out := purge("--yes")
		for _, kind := range []string{"mappings", "patients", "doctors"} {
			assert.Contains(t, out, "\n"+kind+" 1\n")
			assert.Contains(t, out, "Removed for good, with all their versions: 1 "+kind+".\n")
		}
		assert.Contains(t, out, "Earlier backups still contain them")
		assert.Contains(t, out, "VACUUM")
		assert.Contains(t, purge("--yes"), "\nmappings 0\npatients 0\ndoctors 0\n")

		for _, path := range []string{"/api/doctors/", "/api/patients/", "/api/mappings/"} {
			ask(404, http.MethodGet, path+"1/history/", "")
			ask(404, http.MethodPost, path+"1/restore/", "")
			deleted := ask(200, http.MethodGet, path+"?deleted=true", "")
			assert.Equal(t, 1, strings.Count(deleted, "deleted_at"))
			assert.Contains(t, deleted, `"id":2,`)
			assert.Contains(t, ask(200, http.MethodGet, path+"3/history/", ""), `"change":"created"`)
		}
		ask(200, http.MethodPost, "/api/doctors/2/restore/", "")
		ask(200, http.MethodPost, "/api/patients/2/restore/", "")
		assert.Contains(t, ask(200, http.MethodGet, "/api/patients/2/", ""), `"assigned_doctors":[2]`)

		assert.Equal(t, []string{
			"mapping [1]", "mapping []", "patient [1]", "patient []", "doctor [1]", "doctor []",
			"mapping []", "patient []", "doctor []",
		}, purges(t, s.api(token)))
		s.stop()
	})
}

// purges returns the subjects of the purge events.
func purges(t *testing.T, api *client.ClientWithResponses) (subjects []string) {
	t.Helper()
	action := string(domain.RetentionPurge)
	for _, event := range trail(t, api, client.ListEventsParams{Action: &action}) {
		assert.Equal(t, "OPERATOR", event.Actor.Role)
		assert.Equal(t, client.OutcomeAllowed, event.Outcome)
		subjects = append(subjects, fmt.Sprintf("%s %v", event.Subject.Kind, event.Subject.IDs))
	}
	return subjects
}

func TestPurgeNeedsAnAge(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"--yes"},
		{"--older-than"},
		{"--older-than="},
		{"--older-than", "3650"},
		{"--older-than", "101y"},
		{"--older-than", "10"},
		{"--older-than", "0d"},
		{"--older-than=-1d"},
		{"--older-than", "36501d"},
		{"--older-than", "1.5d"},
		{"--older-than", "87600h"},
		{"3650d"},
	} {
		code, out, stderr := healthcare.Run(t.Context(), nil, append([]string{"purge"}, args...)...)
		assert.Equal(t, 2, code, args)
		assert.Empty(t, out)
		assert.NotEmpty(t, stderr)
	}
	_, _, stderr := healthcare.Run(t.Context(), nil, "purge", "--older-than", "10")
	assert.Contains(t, stderr, "Give a number of years from 1 to 100, such as 10y, or of days from 1 to 36500, such as 90d.")
}
