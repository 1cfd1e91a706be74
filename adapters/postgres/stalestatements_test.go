package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestAStoreContinuesWhenAColumnChangesItsType changes types like a migration that runs while
// instances are in use. PostgreSQL then rejects their prepared statements.
func TestAStoreContinuesWhenAColumnChangesItsType(t *testing.T) {
	dsn := pgtest.New(t)
	store := open(t, dsn, postgres.Options{})
	var patient domain.Patient
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		user, err := tx.Users().Add(t.Context(), domain.User{Email: domain.FromStored[domain.Email]("a@b.example"), Role: domain.Staff})
		if err != nil {
			return err
		}
		patient, err = ports.AddOne(t.Context(), tx.Patients(), domain.Patient{CreatedBy: user.ID, Name: domain.FromStored[domain.Name]("Eve")})
		return err
	}))
	use := func() {
		for range 3 {
			require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
				_, err := tx.Patients().GetView(t.Context(), patient.ID)
				require.NoError(t, err)
				_, err = tx.Users().Get(t.Context(), patient.CreatedBy)
				require.NoError(t, err)
				_, err = tx.Patients().List(t.Context(), domain.ListQuery{Limit: 10})
				return err
			}))
			require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
				found, err := tx.Patients().GetView(t.Context(), patient.ID)
				if err != nil {
					return err
				}
				if _, err = tx.Users().Get(t.Context(), patient.CreatedBy); err != nil {
					return err
				}
				return tx.Patients().Save(t.Context(), found.Patient)
			}))
		}
	}
	use()
	for _, change := range []string{
		`ALTER TABLE patients ALTER COLUMN phone_number TYPE varchar(40)`,
		`ALTER TABLE users ALTER COLUMN password_hash TYPE varchar(300)`,
	} {
		require.NoError(t, execute(t, dsn, change))
		use()
	}
}
