package main_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// storedHash reads a password hash from the program's store.
func storedHash(t *testing.T, env []string, email string) (hash string) {
	t.Helper()
	require.NoError(t, openDatabase(t, env).QueryRowContext(t.Context(), "SELECT password_hash FROM users WHERE email = $1", email).Scan(&hash))
	return hash
}

// TestTheProgramHashesAtFullCost runs the program without the cheap hashing of the other
// tests: once as make builds it, and once with the race detector if the tests run with it.
func TestTheProgramHashesAtFullCost(t *testing.T) {
	for name, build := range map[string]func() (program, error){
		"as make builds it":       released,
		"under the race detector": func() (program, error) { return build("full", raceFlags()...) },
	} {
		t.Run(name, func(t *testing.T) {
			program, err := build()
			require.NoError(t, err)
			overEachEngine(t, func(t *testing.T, env []string) {
				migrate(t, env)
				program.createSuperuser(t, env, "admin@example.com")
				assert.Regexp(t, `^\$argon2id\$v=19\$m=47104,t=1,p=1\$`, storedHash(t, env, "admin@example.com"), "46 MiB, one pass, one lane")
				s := program.serve(t, env)
				s.login("admin@example.com")
				s.stop()
			})
		})
	}
}
