package postgres_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/migrations"
)

const (
	addPatient = `INSERT INTO patients (created_by, name, date_of_birth, phone_number, address, medical_record, search_text)
		SELECT 1, 'Ada', '1990-05-01', '', '', '', 'ada ' || n FROM generate_series(1, %d) AS n`
	// differentTexts counts the patients whose text in patients_search is missing or another one,
	// and the texts of no patient.
	differentTexts = `SELECT count(*) FROM patients FULL JOIN patients_search USING (id)
		WHERE patients.search_text IS DISTINCT FROM patients_search.search_text`
)

// TestAProgramBeforeTheSearchTablesCanContinue applies step 20 beside a program whose role was
// granted its privileges before.
func TestAProgramBeforeTheSearchTablesCanContinue(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(), goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), 19)
	require.NoError(t, err)
	do(t, dsn, `INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
		VALUES ('a@b.example', '', 'Ada', 'Byron', '', 'STAFF', now())`)
	do(t, dsn, fmt.Sprintf(addPatient, 2100)) // more than two batches
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	role := "earlier_" + address.Path[1:]
	do(t, dsn, fmt.Sprintf(`CREATE ROLE %[1]q LOGIN; GRANT SELECT, INSERT, UPDATE, DELETE ON patients TO %[1]q`, role))
	defer do(t, dsn, fmt.Sprintf(`DROP OWNED BY %[1]q; DROP ROLE %[1]q`, role))
	address.User = url.User(role)
	earlier := address.String()

	_, err = provider.UpTo(t.Context(), 20)
	require.NoError(t, err)
	require.Zero(t, query[int](t, dsn, differentTexts), "the step copies the texts")
	do(t, earlier, fmt.Sprintf(addPatient, 1))
	do(t, earlier, `UPDATE patients SET search_text = 'grace' WHERE id = 7`)
	do(t, earlier, `DELETE FROM patients WHERE id = 8`)
	require.Zero(t, query[int](t, dsn, differentTexts), "the triggers keep them")
	require.Equal(t, 2100, query[int](t, dsn, `SELECT count(*) FROM patients_search`))

	// An interrupted step is repeated.
	do(t, dsn, `DROP INDEX patients_search_pieces_idx; DELETE FROM patients_search WHERE id > 1500;
		DELETE FROM compatible_steps WHERE step = 20; DELETE FROM goose_db_version WHERE version_id = 20`)
	_, err = provider.UpTo(t.Context(), 20)
	require.NoError(t, err)
	require.Zero(t, query[int](t, dsn, differentTexts))
}

// TestAChangeThatSearchesDoNotSeeLeavesTheirTextAlone shows that such a change adds nothing to
// the index for searches.
func TestAChangeThatSearchesDoNotSeeLeavesTheirTextAlone(t *testing.T) {
	dsn := pgtest.New(t)
	do(t, dsn, `INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
		VALUES ('a@b.example', '', 'Ada', 'Byron', '', 'STAFF', now())`)
	do(t, dsn, fmt.Sprintf(addPatient, 1))
	const writer = `SELECT CAST(xmin AS text) FROM patients_search`
	added := query[string](t, dsn, writer)
	do(t, dsn, `UPDATE patients SET medical_record = 'Seen again.', version = version + 1, updated_at = now(), search_text = search_text`)
	require.Equal(t, added, query[string](t, dsn, writer))
	do(t, dsn, `UPDATE patients SET search_text = 'grace'`)
	require.NotEqual(t, added, query[string](t, dsn, writer))
}
