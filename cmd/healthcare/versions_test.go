package main_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// archive is a clinic with versions of records, and its database, which is nil for the
// memory store.
type archive struct {
	*clinictest.Clinic
	t  testing.TB
	db *sql.DB
}

// archives has a function for each store that opens an empty archive.
var archives = map[string]func(t testing.TB) *archive{
	"embedded": func(t testing.TB) *archive {
		path := t.TempDir() + "/healthcare.db"
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		return newArchive(t, store, "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)")
	},
	"postgres": func(t testing.TB) *archive {
		dsn := pgtest.New(t)
		store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, store.Close()) })
		return newArchive(t, store, "postgres", dsn)
	},
	"memory": func(t testing.TB) *archive { return newArchive(t, memory.New(), "", "") },
}

func newArchive(t testing.TB, store ports.Store, driver, source string) *archive {
	t.Helper()
	a := &archive{t: t, Clinic: clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Store = store })}
	if driver != "" {
		db, err := sql.Open(driver, source)
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		a.db = db
	}
	return a
}

func overEachDatabase(t *testing.T, test func(t *testing.T, a *archive)) {
	for name, open := range archives {
		if name != "memory" {
			t.Run(name, func(t *testing.T) { test(t, open(t)) })
		}
	}
}

// fill creates versions of every kind: patients 1 to 4, doctors 1 to 3 and mappings 1 to 4. Of
// these, patient 4 and doctor 3 are purged.
func (a *archive) fill() {
	a.t.Helper()
	ctx, admin := a.t.Context(), a.Admin()
	for n := range 4 {
		_, err := a.Patients.Create(ctx, admin, application.Once{}, domain.PatientInput{Name: domain.Given(fmt.Sprint("Patient ", n)), MedicalRecord: domain.Given("Aphasia.")})
		require.NoError(a.t, err)
	}
	for n := range 3 {
		_, err := a.Doctors.Create(ctx, admin, application.Once{}, domain.DoctorInput{
			Name: domain.Given("House"), Specialization: domain.Given("Diagnostics"), LicenseNumber: domain.Given(fmt.Sprint("L-", n)), Salary: domain.Given("1"),
		})
		require.NoError(a.t, err)
	}
	for _, pair := range [][2]string{{"1", "1"}, {"2", "1"}, {"1", "2"}, {"4", "2"}} {
		_, err := a.Mappings.Assign(ctx, admin, application.Once{}, domain.MappingInput{Patient: domain.Given(pair[0]), Doctor: domain.Given(pair[1])})
		require.NoError(a.t, err)
	}
	for id := range domain.ID(3) {
		for n := range 3 {
			_, err := a.Patients.Change(ctx, a.Staff(), id+1, domain.Precondition{}, domain.PatientInput{Address: domain.Given(fmt.Sprint("Street ", id, n))})
			require.NoError(a.t, err)
		}
	}
	require.NoError(a.t, a.Doctors.Delete(ctx, admin, 1, domain.Precondition{}))
	_, err := a.Doctors.Restore(ctx, admin, application.Once{}, 1)
	require.NoError(a.t, err)
	require.NoError(a.t, a.Patients.Delete(ctx, admin, 4, domain.Precondition{}))
	require.NoError(a.t, a.Doctors.Delete(ctx, admin, 3, domain.Precondition{}))
	for kind, want := range map[domain.SubjectKind]int{domain.SubjectPatient: 1, domain.SubjectDoctor: 1} {
		purged, err := a.Retention.Purge(ctx, clinictest.Operator, kind, a.Now().Add(time.Hour))
		require.NoError(a.t, err)
		require.Equal(a.t, want, purged)
	}
	require.NoError(a.t, a.Doctors.Delete(ctx, admin, 2, domain.Precondition{}))
	a.seal()
}

func (a *archive) seal() {
	a.t.Helper()
	found, err := a.Sealer.Seal(a.t.Context())
	require.NoError(a.t, err)
	require.Zero(a.t, found)
}

func (a *archive) verify() domain.Verification {
	a.t.Helper()
	found, err := a.Verifier.Verify(a.t.Context(), domain.Head{})
	require.NoError(a.t, err)
	return found
}

// faults returns the texts of the faults that verify finds.
func (a *archive) faults() (said []string) {
	a.t.Helper()
	for _, fault := range a.verify().Faults {
		said = append(said, fault.String())
	}
	return said
}

// execute runs statements on the database directly.
func (a *archive) execute(statements ...string) {
	a.t.Helper()
	for _, statement := range statements {
		result, err := a.db.Exec(statement)
		require.NoError(a.t, err, statement)
		changed, err := result.RowsAffected()
		require.NoError(a.t, err)
		if !strings.HasPrefix(statement, "CREATE") {
			require.NotZero(a.t, changed, statement)
		}
	}
}

func (a *archive) keep() { a.execute("CREATE TABLE kept AS SELECT * FROM versions") }

func (a *archive) restore() {
	_, err := a.db.Exec("DELETE FROM versions")
	require.NoError(a.t, err)
	a.execute("INSERT INTO versions SELECT * FROM kept")
}

const columns = "kind, record_id, number, at, user_id, role, change, with_kind, with_id, free_text, record, salt"

// copied copies versions of one record and replaces some columns.
func copied(where string, with ...string) string {
	values := columns
	for i := 0; i < len(with); i += 2 {
		values = strings.Replace(" "+values, " "+with[i], " "+with[i+1], 1)
	}
	return "INSERT INTO versions (" + columns + ") SELECT " + values + " FROM versions WHERE " + where
}

func TestEachTamperingWithVersionsIsDetected(t *testing.T) {
	const third = " WHERE kind = 'patient' AND record_id = 2 AND number = 3"
	changed, removed := []string{"version 3 of patient 2 was changed"}, []string{"version 3 of patient 2 was removed"}
	overEachDatabase(t, func(t *testing.T, a *archive) {
		a.fill()
		found := a.verify()
		require.Empty(t, found.Faults)
		require.Equal(t, 27, found.Versions)
		require.Zero(t, found.VersionsWithoutCommitment)
		require.Equal(t, domain.ID(1), found.CoveredFrom)
		a.keep()
		for name, tt := range map[string]struct {
			statements []string
			want       []string
		}{
			"the record":                {[]string{`UPDATE versions SET record = replace(record, 'Aphasia', 'Healthy')` + third}, changed},
			"the id in the record":      {[]string{`UPDATE versions SET record = replace(record, '"id":2', '"id":3')` + third}, changed},
			"a record that is not JSON": {[]string{`UPDATE versions SET record = 'Aphasia'` + third}, changed},
			"the author":                {[]string{`UPDATE versions SET user_id = user_id + 1` + third}, changed},
			"no author":                 {[]string{`UPDATE versions SET user_id = NULL` + third}, changed},
			"the author's role":         {[]string{`UPDATE versions SET role = 'ADMIN'` + third}, changed},
			"the change":                {[]string{`UPDATE versions SET change = 'restored'` + third}, changed},
			"the parent it ended with":  {[]string{`UPDATE versions SET with_kind = 'doctor', with_id = 1` + third}, changed},
			"the salt":                  {[]string{`UPDATE versions SET salt = (SELECT salt FROM kept WHERE number = 2 AND kind = 'patient' AND record_id = 2)` + third}, changed},
			"no salt":                   {[]string{`UPDATE versions SET salt = NULL` + third}, changed},
			"no salt of the first version": {
				[]string{`UPDATE versions SET salt = NULL WHERE kind = 'patient' AND record_id = 2 AND number = 1`},
				[]string{"version 1 of patient 2 was changed"},
			},
			"no salts of a record": {
				[]string{`UPDATE versions SET salt = NULL WHERE kind = 'doctor' AND record_id = 1`},
				[]string{"version 1 of doctor 1 was changed", "version 2 of doctor 1 was changed", "version 3 of doctor 1 was changed"},
			},
			"the number": {
				[]string{`UPDATE versions SET number = 9` + third},
				[]string{"version 3 of patient 2 was removed", "version 9 of patient 2 was inserted"},
			},
			"the id of the record": {
				[]string{`UPDATE versions SET record_id = 77, record = replace(record, '"id":2', '"id":77')` + third},
				[]string{"version 3 of patient 2 was removed", "version 3 of patient 77 was inserted"},
			},
			"a middle version is deleted":    {[]string{`DELETE FROM versions` + third}, removed},
			"the last version is deleted":    {[]string{`DELETE FROM versions WHERE kind = 'patient' AND record_id = 2 AND number = 4`}, []string{"version 4 of patient 2 was removed"}},
			"a mapping's version is deleted": {[]string{`DELETE FROM versions WHERE kind = 'mapping' AND record_id = 1 AND number = 2`}, []string{"version 2 of mapping 1 was removed"}},
			"all versions are deleted":       {[]string{`DELETE FROM versions WHERE kind = 'mapping' AND record_id = 3`}, []string{"version 1 of mapping 3 was removed", "version 2 of mapping 3 was removed"}},
			"a version is copied":            {[]string{copied("kind = 'patient' AND record_id = 2 AND number = 3", "number", "5")}, []string{"version 5 of patient 2 was inserted"}},
			"a version is copied without its salt": {
				[]string{copied("kind = 'patient' AND record_id = 2 AND number = 3", "number", "5", "salt", "NULL")},
				[]string{"version 5 of patient 2 was inserted"},
			},
			"a version of another record is copied": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 3", "record_id", "2", "number", "5")},
				[]string{"version 5 of patient 2 was inserted"},
			},
			"a version of a purged record is forged": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 1", "record_id", "4")},
				[]string{"version 1 of patient 4 was inserted"},
			},
			"a version of a purged record is forged without a salt": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 1", "record_id", "4", "salt", "NULL")},
				[]string{"version 1 of patient 4 was inserted"},
			},
			"a version of a new record is forged without a salt": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 1", "record_id", "77", "salt", "NULL")},
				[]string{"version 1 of patient 77 was inserted"},
			},
			"a version of an unknown kind is forged without a salt": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 1", "kind", "'user'", "record_id", "1", "salt", "NULL")},
				[]string{"version 1 of user 1 was inserted"},
			},
			"a version of an unknown kind is forged": {
				[]string{copied("kind = 'patient' AND record_id = 1 AND number = 1", "kind", "''", "record_id", "-5")},
				[]string{"version 1 of  -5 was inserted"},
			},
			"two records' versions are swapped": {
				[]string{
					`UPDATE versions SET record_id = -1` + third,
					`UPDATE versions SET record_id = 2 WHERE kind = 'patient' AND record_id = 3 AND number = 3`,
					`UPDATE versions SET record_id = 3 WHERE record_id = -1`,
				},
				[]string{"version 3 of patient 2 was changed", "version 3 of patient 3 was changed"},
			},
			"two versions of a record are swapped": {
				[]string{
					`UPDATE versions SET number = -1` + third,
					`UPDATE versions SET number = 3 WHERE kind = 'patient' AND record_id = 2 AND number = 2`,
					`UPDATE versions SET number = 2 WHERE number = -1`,
				},
				[]string{"version 2 of patient 2 was changed", "version 3 of patient 2 was changed"},
			},
		} {
			a.execute(tt.statements...)
			assert.Equal(t, tt.want, a.faults(), name)
			a.restore()
		}
		for _, moment := range []string{`at + interval '1 microsecond'`, `'infinity'`, `at + 1`} {
			if _, err := a.db.Exec(`UPDATE versions SET at = ` + moment + third); err == nil { // of this engine
				assert.Equal(t, changed, a.faults(), moment)
				a.restore()
			}
		}
		require.Empty(t, a.faults(), "after the tampering is undone")
	})
}

func TestAForgedPurgeEventDoesNotHideRemovedVersions(t *testing.T) {
	overEachDatabase(t, func(t *testing.T, a *archive) {
		a.fill()
		a.execute(`DELETE FROM versions WHERE kind = 'patient' AND record_id = 2`)
		var at any
		var evidence []byte
		var data string
		require.NoError(t, a.db.QueryRow(`SELECT at, evidence, CAST(data AS TEXT) FROM audit_events
			WHERE subject = 'patient' AND data ->> 'action' = 'retention:purge'`).Scan(&at, &evidence, &data))
		forged := strings.Replace(data, `"shown":"4"`, `"shown":"2"`, 1)
		require.NotEqual(t, data, forged)
		_, err := a.db.Exec(`INSERT INTO audit_events (id, at, subject, evidence, data) VALUES (1000, $1, 'patient', $2, $3)`, at, evidence, forged)
		require.NoError(t, err)
		assert.Contains(t, a.faults(), "event 1000 was inserted")
	})
}

// TestAnyEditOfAVersionIsDetected edits any column of any version.
func TestAnyEditOfAVersionIsDetected(t *testing.T) {
	overEachDatabase(t, func(t *testing.T, a *archive) {
		a.fill()
		a.keep()
		rapid.Check(t, func(t *rapid.T) {
			row := a.anyVersion(rapid.Uint64().Draw(t, "row"))
			set := rapid.SampledFrom([]string{
				`number = number + 40`, `user_id = COALESCE(user_id, 0) + 1`, `role = CASE role WHEN 'ADMIN' THEN 'STAFF' ELSE 'ADMIN' END`,
				`change = CASE change WHEN 'updated' THEN 'created' ELSE 'updated' END`, `with_kind = 'patient', with_id = COALESCE(with_id, 0) + 1`,
				`salt = NULL`, `record = replace(record, 'a', 'b')`, `record = '{}'`,
			}).Draw(t, "edit")
			a.execute(fmt.Sprintf(`UPDATE versions SET %s WHERE kind = '%s' AND record_id = %d AND number = %d`, set, row.Record.Kind, row.Record.ID, row.Number))
			defer a.restore()
			faults := a.verify().Faults
			require.NotEmpty(t, faults)
			for _, fault := range faults {
				require.Equal(t, row.Record, fault.Version.Record)
			}
		})
	})
}

func (a *archive) anyVersion(n uint64) (row domain.VersionName) {
	a.t.Helper()
	rows, err := a.db.Query(`SELECT kind, record_id, number FROM versions ORDER BY kind, record_id, number`)
	require.NoError(a.t, err)
	defer rows.Close()
	var all []domain.VersionName
	for rows.Next() {
		require.NoError(a.t, rows.Scan(&row.Record.Kind, &row.Record.ID, &row.Number))
		all = append(all, row)
	}
	require.NoError(a.t, rows.Err())
	return all[n%uint64(len(all))]
}

// TestVerifyFindsNoFaultsDuringConcurrentWrites verifies while other goroutines create and
// purge versions.
func TestVerifyFindsNoFaultsDuringConcurrentWrites(t *testing.T) {
	for name, open := range archives {
		t.Run(name, func(t *testing.T) {
			const writers, rounds = 3, 25
			a := open(t)
			ctx, admin := t.Context(), a.Admin()
			var writing, verifying sync.WaitGroup
			for range writers {
				writing.Go(func() {
					for range rounds {
						patient, err := a.Patients.Create(ctx, admin, application.Once{}, domain.PatientInput{Name: domain.Given("Ada")})
						assert.NoError(t, err)
						doctor, err := a.Doctors.Create(ctx, admin, application.Once{}, domain.DoctorInput{
							Name: domain.Given("House"), Specialization: domain.Given("x"), LicenseNumber: domain.Given(fmt.Sprint(rand.Int64())), Salary: domain.Given("1"),
						})
						assert.NoError(t, err)
						_, err = a.Mappings.Assign(ctx, admin, application.Once{}, domain.MappingInput{Patient: domain.Given(patient.ID.String()), Doctor: domain.Given(doctor.ID.String())})
						assert.NoError(t, err)
						_, err = a.Patients.Change(ctx, admin, patient.ID, domain.Precondition{}, domain.PatientInput{Name: domain.Given("Ada King")})
						assert.NoError(t, err)
						assert.NoError(t, a.Doctors.Delete(ctx, admin, doctor.ID, domain.Precondition{}))
						_, err = a.Doctors.Restore(ctx, admin, application.Once{}, doctor.ID)
						_ = err // Another goroutine can have purged it.
						_ = a.Patients.Delete(ctx, admin, patient.ID, domain.Precondition{})
						_, err = a.Retention.Purge(ctx, clinictest.Operator, domain.RecordKinds()[rand.IntN(3)].Kind, a.Now().Add(time.Hour))
						assert.NoError(t, err)
					}
				})
			}
			written := make(chan struct{})
			for _, do := range []func(){
				func() { assert.Empty(t, a.faults()) },
				func() { assert.Empty(t, a.faults()) },
				func() { _, err := a.Sealer.Seal(ctx); assert.NoError(t, err) },
			} {
				verifying.Go(func() {
					for {
						do()
						select {
						case <-written:
							return
						default:
						}
					}
				})
			}
			writing.Wait()
			close(written)
			verifying.Wait()
			assert.Empty(t, a.faults())
		})
	}
}
