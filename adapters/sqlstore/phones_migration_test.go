package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// beforeLongerPhones is the last migration before the one for longer phone numbers.
const beforeLongerPhones = 10

// TestLongerPhoneNumbersChangeNothingElse applies the migration to records that refer to each
// other, and reverts it.
func TestLongerPhoneNumbersChangeNothingElse(t *testing.T) {
	for name, engine := range oldEngines(t) {
		t.Run(name, func(t *testing.T) {
			_, err := engine.provider.UpTo(t.Context(), beforeLongerPhones)
			require.NoError(t, err)
			if name == "SQLite" { // The service opens SQLite like this.
				engine.db.SetMaxOpenConns(1)
				_, err := engine.db.ExecContext(t.Context(), `PRAGMA foreign_keys = ON`)
				require.NoError(t, err)
			}
			at := engine.at(now)
			for _, insert := range []struct {
				statement string
				values    []any
			}{
				{`INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
				VALUES ('a@b.example', '', 'Ada', '', '012345678901234', 'STAFF', $1), ('b@b.example', '', '', '', '', 'ADMIN', $1)`, []any{at}},
				{`INSERT INTO sessions (user_id, created_at, expires_at, refresh_selector, refresh_hash, last_used_at)
				VALUES (1, $1, $1, $2, $3, $1)`, []any{at, make([]byte, 16), make([]byte, 32)}},
				{`INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary)
				VALUES ('House', '2020-02-02', 'x', 'NJ-1', 'nj-1', '1.00')`, nil},
				{`INSERT INTO patients (created_by, name, phone_number, address, medical_record)
				VALUES (1, 'Eve', 'n/a', '', ''), (1, 'Eva', '', '', '')`, nil},
				{`INSERT INTO mappings (patient_id, doctor_id, assigned_at) VALUES (1, 1, $1)`, []any{at}},
			} {
				_, err := engine.db.ExecContext(t.Context(), insert.statement, insert.values...)
				require.NoError(t, err)
			}
			records := func() (all [][]string) {
				for _, query := range []string{
					`SELECT id, email, first_name, phone_number, role FROM users ORDER BY id`,
					`SELECT id, user_id FROM sessions`,
					`SELECT id, created_by, name, phone_number FROM patients ORDER BY id`,
					`SELECT id, patient_id, doctor_id FROM mappings`,
				} {
					for _, row := range engine.dump(t, query) {
						texts := make([]string, len(row))
						for i, column := range row {
							texts[i] = column.String
						}
						all = append(all, texts)
					}
				}
				return all
			}
			before := records()
			require.Len(t, before, 6)

			_, err = engine.provider.Up(t.Context())
			require.NoError(t, err)
			require.Equal(t, before, records())
			setPhone := func(text string) {
				engine.use(t, func(store ports.Store) {
					update(t, store, func(tx ports.Tx) error {
						patient, err := tx.Patients().Get(t.Context(), 1)
						require.NoError(t, err)
						patient.Phone = domain.FromStored[domain.Phone](text)
						return tx.Patients().Save(t.Context(), patient)
					})
				})
			}
			setPhone("+12 (34) 567 89 01 / 23       45")
			requirePhone := func(want string) {
				engine.use(t, func(store ports.Store) {
					require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
						patient, err := tx.Patients().Get(t.Context(), 1)
						require.Equal(t, want, patient.Phone.String())
						return err
					}))
				})
			}
			_, err = engine.provider.DownTo(t.Context(), beforeLongerPhones)
			require.Error(t, err, "a number would be cut")
			_, err = engine.provider.Up(t.Context()) // DownTo has taken later steps back
			require.NoError(t, err)
			// An older program writes the number that it has read, or another one.
			for _, written := range []struct{ by, phone string }{
				{`phone_number`, "+12 (34) 567 89 01 / 23       45"}, {`'+12 (34) 567 88'`, "+12 (34) 567 88"},
			} {
				_, err = engine.db.ExecContext(t.Context(), `UPDATE patients SET phone_number = `+written.by+` WHERE id = 1`)
				require.NoError(t, err)
				requirePhone(written.phone)
			}
			setPhone("n/a")
			_, err = engine.provider.DownTo(t.Context(), beforeLongerPhones)
			require.NoError(t, err)
			require.Equal(t, before, records())
		})
	}
}
