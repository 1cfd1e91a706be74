package main_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	healthcare "example.com/healthcare/cmd/healthcare"
)

// oldDatabase returns the URL of a database with the old backend's tables and rows.
func oldDatabase(t *testing.T) string {
	t.Helper()
	dsn := pgtest.NewEmpty(t, "")
	for _, file := range []string{"django.sql", "rows.sql"} {
		script, err := os.ReadFile("../../adapters/djangodb/testdata/" + file)
		require.NoError(t, err)
		execute(t, dsn, string(script))
	}
	return dsn
}

func TestTrial(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		old := oldDatabase(t)
		env = append(env, "SECRET_KEY="+secretKey, "DJANGO_DATABASE_URL="+old)
		migrate(t, env)
		for _, args := range [][]string{{"--dry-run"}, {"--dry-run", "--as", "ada@example.com"}, {"--as", "ada@example.com"}, {"--as", "ada@example.com"}} {
			code, out, errs := healthcare.Run(t.Context(), env, append([]string{"import-django"}, args...)...)
			t.Logf("%v: %d\n%s\n%s", args, code, out, errs)
		}
		code, out, errs := healthcare.Run(t.Context(), env, "audit", "verify")
		t.Logf("%d\n%s\n%s", code, out, errs)
	})
}
