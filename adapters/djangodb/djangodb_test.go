package djangodb

import (
	"database/sql"
	"iter"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
)

func execute(t *testing.T, dsn, script string) {
	t.Helper()
	db, err := sql.Open("postgres", dsn)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.ExecContext(t.Context(), script)
	require.NoError(t, err)
}

// newDatabase returns the URL of a database with the tables of the old backend.
func newDatabase(t *testing.T) string {
	t.Helper()
	dsn := pgtest.NewEmpty(t, "")
	script, err := os.ReadFile("testdata/django.sql")
	require.NoError(t, err)
	execute(t, dsn, string(script))
	return dsn
}

func open(t *testing.T, dsn string) *Database {
	t.Helper()
	d, err := Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

func all[Row any](t *testing.T, rows iter.Seq2[Row, error]) (list []Row) {
	t.Helper()
	for row, err := range rows {
		require.NoError(t, err)
		list = append(list, row)
	}
	return list
}

func TestTheOldDatabaseIsOnlyRead(t *testing.T) {
	dsn := newDatabase(t)
	d := open(t, dsn)
	_, err := d.tx.ExecContext(t.Context(), `INSERT INTO doctors_doctor (name, joined_at, specialization, license_number, salary) VALUES ('', now(), '', '', 0)`)
	refused := pq.As(err)
	require.NotNil(t, refused, "%v", err)
	assert.Equal(t, "read_only_sql_transaction", refused.Code.Name())
}

func TestAllRowsAreOfOneMoment(t *testing.T) {
	dsn := newDatabase(t)
	d := open(t, dsn)
	execute(t, dsn, `INSERT INTO doctors_doctor (name, joined_at, specialization, license_number, salary) VALUES ('', now(), '', '', 0)`)
	assert.Empty(t, all(t, d.Doctors(t.Context())))
	assert.Len(t, all(t, open(t, dsn).Doctors(t.Context())), 1)
}

func TestRowsAreReadInPages(t *testing.T) {
	dsn := newDatabase(t)
	execute(t, dsn, `
		INSERT INTO patients_patient (id, name, phone_number, address, medical_record)
		SELECT id, 'Ada', '', '', '' FROM generate_series(-1, 1300, 1) AS id;
		UPDATE patients_patient SET medical_record = repeat('x', 1048576) WHERE id BETWEEN 20 AND 50;
		UPDATE patients_patient SET address = repeat('ü', 1048577), medical_record = repeat('ü', 1048576) WHERE id = 60`)
	patients := all(t, open(t, dsn).Patients(t.Context()))
	require.Len(t, patients, 1302)
	for i, patient := range patients {
		require.Equal(t, domain.ID(i-1), patient.ID)
	}
	assert.Len(t, patients[31].MedicalRecord.Text(), 1<<20)
	_, err := patients[61].TakeOver(domain.Patient{}, time.Now())
	assert.ErrorContains(t, err, "[address: Ensure this field has no more than 1048576 bytes.] [medical_record: Ensure this field has no more than 1048576 bytes.]")

	existing, err := open(t, dsn).ExistingIDs(t.Context(), domain.SubjectPatient, 5, 2000, 3)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{3, 5}, existing)
}

func TestValuesThatHaveNoPlaceHereAreInvalid(t *testing.T) {
	dsn := newDatabase(t)
	execute(t, dsn, `
		ALTER TABLE users_user ALTER COLUMN role DROP NOT NULL;
		ALTER TABLE doctors_doctor ALTER COLUMN salary DROP NOT NULL;
		INSERT INTO users_user (username, email, password, first_name, last_name, phone_number, is_superuser, is_staff, is_active, date_joined)
		VALUES ('ada', 'ada@example.com', '!', '', '', '', false, false, true, 'infinity');
		INSERT INTO doctors_doctor (name, joined_at, specialization, license_number) VALUES ('House', '-infinity', 'x', 'NJ-1');
		INSERT INTO patients_patient (name, phone_number, address, medical_record, date_of_birth, gender) VALUES ('Ada', '', '', '', '0044-03-15 BC', '');`)
	d := open(t, dsn)
	_, err := all(t, d.Users(t.Context()))[0].TakeOver(domain.User{})
	require.ErrorContains(t, err, "[date_joined: This field may not be null.] [role: This field may not be null.]")
	_, err = all(t, d.Doctors(t.Context()))[0].TakeOver(domain.Doctor{})
	require.ErrorContains(t, err, "[joined_at: This field may not be null.] [salary: This field may not be null.]")
	_, err = all(t, d.Patients(t.Context()))[0].TakeOver(domain.Patient{}, time.Now())
	require.ErrorContains(t, err, "[date_of_birth: Date has wrong format. Use YYYY-MM-DD.]")
}

func TestAnotherDatabaseIsRefused(t *testing.T) {
	_, err := Open(t.Context(), pgtest.NewEmpty(t, ""), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "this is not a database of the old backend: it has no table ")
	dsn := strings.Replace(newDatabase(t), "postgres://", "postgres://nobody:top-secret@", 1)
	if at := strings.LastIndex(dsn, "@"); at > strings.Index(dsn, "@") {
		dsn = "postgres://nobody:top-secret@" + dsn[at+1:]
	}
	_, err = Open(t.Context(), dsn, slog.New(slog.DiscardHandler))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "top-secret")

	d := open(t, newDatabase(t))
	require.NoError(t, d.tx.Rollback())
	for _, err := range d.Users(t.Context()) {
		require.ErrorContains(t, err, "read users_user")
	}
}
