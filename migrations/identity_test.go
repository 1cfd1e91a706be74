package migrations_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	addClinicRows = `
		INSERT INTO users (id, email, password_hash, first_name, last_name, phone_number, role, created_at)
		VALUES (7, 'cuddy@clinic.example', '', '', '', '', 'ADMIN', %[1]s);
		INSERT INTO sessions (id, user_id, created_at, expires_at, refresh_selector, refresh_hash)
		VALUES (9, 7, %[1]s, %[1]s, %[2]s, %[3]s)`
	clinicRows = `
		SELECT count(*)
		FROM users JOIN sessions ON user_id = users.id
		WHERE users.id = 7 AND email = 'cuddy@clinic.example' AND role = 'ADMIN' AND sessions.id = 9`
	identityRows = clinicRows + `
			AND is_active AND NOT password_temporary
			AND totp_key = '' AND NOT totp_confirmed AND totp_last_step = 0 AND recovery_hashes IS NULL
			AND address = '' AND device = '' AND last_used_at = sessions.created_at`
)

// addClinicRows inserts rows like the program of the first migration.
func (e engine) addClinicRows(t *testing.T) {
	t.Helper()
	_, err := e.db.ExecContext(t.Context(), fmt.Sprintf(addClinicRows, e.moment, fmt.Sprintf(e.bytes, 16), fmt.Sprintf(e.bytes, 32)))
	require.NoError(t, err)
}

func TestUsersAndSessionsSurviveTheIdentityMigration(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			count := func(query string) (n int) {
				t.Helper()
				require.NoError(t, engine.db.QueryRowContext(t.Context(), query).Scan(&n))
				return n
			}
			provider := engine.provider(t)
			_, err := provider.UpTo(t.Context(), 1)
			require.NoError(t, err)
			engine.addClinicRows(t)

			_, err = provider.UpTo(t.Context(), 2)
			require.NoError(t, err)
			require.Equal(t, 1, count(identityRows))
			_, err = provider.DownTo(t.Context(), 1)
			require.NoError(t, err)
			require.Equal(t, 1, count(clinicRows))
		})
	}
}

// During an upgrade, the older program is still running after the migration.
func TestTheProgramBeforeTheIdentityMigrationCanContinue(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider(t).UpTo(t.Context(), 2)
			require.NoError(t, err)
			engine.addClinicRows(t)
		})
	}
}
