package migrations_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	lastBeforeStamps = 11
	stamps           = 12
)

// exec runs statements of an earlier program. In them, T1 and so on are times a second apart.
func (e engine) exec(t *testing.T, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := e.db.ExecContext(t.Context(), e.times().Replace(statement))
		require.NoError(t, err, statement)
	}
}

func (e engine) times() *strings.Replacer {
	var pairs []string
	for i := 1; i <= 9; i++ {
		at := fmt.Sprintf(`%d000000`, 1709251198+i)
		if strings.HasPrefix(e.moment, `'`) {
			at = fmt.Sprintf(`to_timestamp(%d)`, 1709251198+i)
		}
		pairs = append(pairs, fmt.Sprintf("T%d", i), at)
	}
	return strings.NewReplacer(pairs...)
}

// requireStamps checks version, created_at and updated_at of a doctor, the last two as
// expressions of times.
func (e engine) requireStamps(t *testing.T, id, version int, created, updated string) {
	t.Helper()
	var got int
	var same bool
	query := e.times().Replace(fmt.Sprintf(`SELECT version, created_at = %s AND updated_at = %s FROM doctors WHERE id = %d`, created, updated, id))
	require.NoError(t, e.db.QueryRowContext(t.Context(), query).Scan(&got, &same))
	require.Equal(t, version, got)
	require.True(t, same, "doctor %d created at %s, updated at %s", id, created, updated)
}

func addOldDoctor(id int) string {
	return fmt.Sprintf(`INSERT INTO doctors (id, name, joined_at, specialization, license_number, license_key, salary)
		VALUES (%d, 'House', '2024-02-29', 'Diagnostics', '%d', '%d', '1.00')`, id, id, id)
}

func keepOldVersion(id, number int, at, change string) string {
	return fmt.Sprintf(`INSERT INTO versions (kind, record_id, number, at, role, change, free_text, record)
		VALUES ('doctor', %d, %d, %s, 'ADMIN', '%s', 0, '{"id": %d, "name": "Say \"version\":9"}')`, id, number, at, change, id)
}

func TestRecordsGetTheStampsOfTheirVersionsWhenTheyAreUpgraded(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider(t).UpTo(t.Context(), lastBeforeStamps)
			require.NoError(t, err)
			engine.exec(t, addOldDoctor(1), addOldDoctor(2), addOldDoctor(3),
				keepOldVersion(1, 1, "T1", "created"), keepOldVersion(1, 2, "T2", "updated"),
				keepOldVersion(2, 1, "T3", "found"), keepOldVersion(2, 2, "T3", "updated"), keepOldVersion(2, 3, "T4", "updated"))
			_, err = engine.provider(t).UpTo(t.Context(), stamps)
			require.NoError(t, err)
			engine.requireStamps(t, 1, 2, "T1", "T2")
			engine.requireStamps(t, 2, 3, "T3", "T4")
			engine.requireStamps(t, 3, 1, "updated_at", "created_at")
			var later bool
			require.NoError(t, engine.db.QueryRowContext(t.Context(), engine.times().Replace(`SELECT created_at > T9 FROM doctors WHERE id = 3`)).Scan(&later))
			require.True(t, later, "a record without versions is created at the time of the step")
		})
	}
}

// TestEarlierProgramsWorkBesideStamps runs the statements of an instance of the previous
// release, which runs until it is replaced.
func TestEarlierProgramsWorkBesideStamps(t *testing.T) {
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider(t).Up(t.Context())
			require.NoError(t, err)
			engine.exec(t, addOldDoctor(1), keepOldVersion(1, 1, "T1", "created"))
			engine.requireStamps(t, 1, 1, "T1", "T1")
			engine.exec(t, `UPDATE doctors SET name = 'Greg' WHERE id = 1`, keepOldVersion(1, 2, "T2", "updated"))
			engine.requireStamps(t, 1, 2, "T1", "T2")
			engine.exec(t, `DELETE FROM doctors WHERE id = 1`, keepOldVersion(1, 3, "T3", "deleted"),
				addOldDoctor(1), keepOldVersion(1, 4, "T4", "restored"))
			engine.requireStamps(t, 1, 4, "T1", "T4")

			// A version of this release has a stamp, and its row has the same one.
			engine.exec(t, strings.Replace(keepOldVersion(1, 5, "T5", "updated"), `{`, `{"version": 5, `, 1))
			engine.requireStamps(t, 1, 4, "T1", "T4")

			engine.exec(t, `INSERT INTO users (id, email, password_hash, first_name, last_name, phone_number, role, created_at)
				VALUES (1, 'a@b.c', 'x', '', '', '', 'STAFF', T1)`)
			for _, step := range []struct {
				set     string
				version int
			}{{`password_hash = 'y'`, 1}, {`first_name = 'Eric'`, 2}, {`first_name = 'Eric'`, 2}, {`phone_number_long = '+44 20 7946 0123 4567 89'`, 3}, {`first_name = 'Lisa', version = 4`, 4}} {
				engine.exec(t, `UPDATE users SET `+step.set+` WHERE id = 1`)
				var version int
				require.NoError(t, engine.db.QueryRowContext(t.Context(), `SELECT version FROM users WHERE id = 1`).Scan(&version))
				require.Equal(t, step.version, version, step.set)
			}
		})
	}
}

// On PostgreSQL the step is not one transaction.
func TestAnInterruptedStampStepCanBeRepeated(t *testing.T) {
	engine := engines(t)["PostgreSQL"]
	_, err := engine.provider(t).UpTo(t.Context(), lastBeforeStamps)
	require.NoError(t, err)
	for id := 1; id <= 2001; id++ {
		engine.exec(t, addOldDoctor(id), keepOldVersion(id, 1, "T1", "created"))
	}
	for range 2 {
		_, err = engine.provider(t).UpTo(t.Context(), stamps)
		require.NoError(t, err)
		engine.requireStamps(t, 1, 1, "T1", "T1")
		engine.requireStamps(t, 2001, 1, "T1", "T1")
		engine.exec(t, `DELETE FROM goose_db_version WHERE version_id = 12`, `UPDATE doctors SET version = 1, created_at = now() WHERE id > 1000`)
	}
}
