package sqlstore_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// beforeFolding is the last migration before the one for folded texts.
const beforeFolding = 12

// TestTheMigrationMakesStoredRecordsFindable is interrupted after a part of the records.
func TestTheMigrationMakesStoredRecordsFindable(t *testing.T) {
	for name, engine := range oldEngines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider.UpTo(t.Context(), beforeFolding)
			require.NoError(t, err)
			exec := func(statement string, args ...any) {
				t.Helper()
				_, err := engine.db.ExecContext(t.Context(), statement, args...)
				require.NoError(t, err)
			}
			exec(`INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
				VALUES ('a@b.example', '', 'Ada', 'Ørsted', '', 'STAFF', $1)`, engine.at(now))
			exec(`INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary)
				VALUES ('House', '2020-02-02', 'x', 'NJ-1', 'nj-1', '1.00')`)
			var rows []string
			for i := range 2100 { // more than two batches
				rows = append(rows, fmt.Sprintf(`(1, 'Łukasz N%dn', '1990-05-01', '+44 20 7946 0', '', '')`, i))
			}
			exec(`INSERT INTO patients (created_by, name, date_of_birth, phone_number, address, medical_record) VALUES ` + strings.Join(rows, ", "))
			_, err = engine.provider.UpTo(t.Context(), beforeFolding+1)
			require.NoError(t, err)
			exec(`UPDATE patients SET folding = 1, folded_version = version WHERE id <= 7`) // as far as an interrupted migration came
			steps, err := engine.migrate()
			require.NoError(t, err)
			require.NotEmpty(t, steps)
			store, err := engine.open()
			require.NoError(t, err)
			closing(t, store, nil)
			require.Equal(t, []domain.ID{2100}, find(t, store, "patients", "lukasz n2099n 1990-05-01 207946"))
			require.Empty(t, find(t, store, "patients", "n3n"), "rows that the interrupted migration had folded are left alone")
			require.Len(t, find(t, store, "doctors", "house nj-1"), 1)
			require.Len(t, find(t, store, "users", "orsted"), 1)
			require.Equal(t, [][]sql.NullString{{{String: "lukasz n100n", Valid: true}, {String: "442079460", Valid: true}}},
				engine.dump(t, `SELECT name_folded, phone_digits FROM patients WHERE id = 101`))
			n, err := store.FoldStale(t.Context())
			require.NoError(t, err)
			require.Zero(t, n)
		})
	}
}

// An earlier program knows nothing about derived columns. Triggers change the version of
// what the earliest one writes.
func TestRecordsThatAnEarlierProgramWritesAreFoldedLater(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			store, err := d.open()
			closing(t, store, err)
			id := fill(t, store, 2)
			exec := func(statement string, args ...any) {
				t.Helper()
				_, err := d.db.ExecContext(t.Context(), statement, args...)
				require.NoError(t, err)
			}
			fold := func(want int) {
				t.Helper()
				n, err := store.FoldStale(t.Context())
				require.NoError(t, err)
				require.Equal(t, want, n)
			}
			fold(0)
			exec(`UPDATE patients SET name = 'Łukasz', version = version + 1 WHERE id = $1`, id)
			exec(`UPDATE users SET last_name = 'Ørsted'`)
			exec(`INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary)
				VALUES ('Wilson', '2020-02-02', 'Oncology', 'NJ-7', 'nj-7', '1.00')`)
			require.Empty(t, find(t, store, "doctors", "wilson"))
			fold(3)
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", "lukasz"))
			require.Len(t, find(t, store, "patients", "adler"), 1)
			require.Len(t, find(t, store, "users", "orsted"), 1)
			require.Len(t, find(t, store, "doctors", "wilson onco nj-7"), 1)
			exec(`UPDATE doctors SET folding = 2, search_text = 'by later rules' WHERE name = 'Wilson'`)
			fold(0)
			require.Len(t, find(t, store, "doctors", "rules"), 1, "a later program folds by other rules")
			exec(`DELETE FROM doctors WHERE name = 'Wilson'`)
			require.Empty(t, find(t, store, "doctors", "rules"))
		})
	}
}
