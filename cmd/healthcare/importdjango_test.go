package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpapi/client"
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

// importDjango runs the command. It returns the lines of the report, without the remedies, and
// of the summary.
func importDjango(t *testing.T, wantCode int, env []string, args ...string) (report []string, summary string) {
	t.Helper()
	code, stdout, stderr := healthcare.Run(t.Context(), env, append([]string{"import-django"}, args...)...)
	require.Equal(t, wantCode, code, stdout+stderr)
	lines, summary, found := strings.Cut(stdout, "TABLE ")
	require.True(t, found, stdout+stderr)
	for line := range strings.Lines(lines) {
		report = append(report, strings.TrimSpace(line))
	}
	return report, "TABLE " + summary
}

// storedRows returns all rows of the tables that a takeover writes.
func storedRows(t *testing.T, env []string) (all []string) {
	t.Helper()
	db := openDatabase(t, env)
	for _, table := range []string{"users", "doctors", "patients", "mappings", "versions", "deletions"} {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1, 2, 3")
		require.NoError(t, err)
		columns, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
			for i := range values {
				values[i] = *values[i].(*any)
			}
			all = append(all, table+" "+strings.Join(strings.Fields(fmt.Sprint(values...)), " "))
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return all
}

func TestImportDjangoTakesOverTheOldBackend(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		old := oldDatabase(t)
		env = append(env, "SECRET_KEY="+secretKey, "DJANGO_DATABASE_URL="+old)
		migrate(t, env)
		before := storedRows(t, env)
		planned, _ := importDjango(t, 1, env, "--as", "ada@example.com", "--dry-run")
		assert.Equal(t, before, storedRows(t, env), "a dry run changes nothing")

		report, summary := importDjango(t, 1, env, "--as", "ada@example.com")
		assert.Equal(t, planned, report, "a dry run prints what the command does")
		const mend = " Correct it in the old backend and run the command again."
		const phone = "phone_number: Enter a valid phone number: digits, spaces and ( ) . / - with an optional leading +."
		assert.Equal(t, []string{
			"users_user 1 note: username: The user name is not the e-mail address, with which the user signs in here. Tell the user.",
			"users_user 3 refused: email: User 2 has the same address. Letter case does not count here. Correct one of them in the old backend and run the command again.",
			"users_user 5 refused: email: This field may not be blank." + mend,
			"users_user 6 note: password: The user has no password, and cannot sign in. An Admin can set one: healthcare users set-password.",
			"users_user 7 note: password: The hash has a format that cannot be verified here. The user cannot sign in. An Admin can set a password: healthcare users set-password.",
			"users_user 8 refused: " + phone + mend,
			"users_user 8 refused: role: Not a valid choice: use ADMIN or STAFF." + mend,
			"doctors_doctor 8 refused: license_number: The doctor 7 has the same. Letter case and blanks around it do not count here. Correct one of them in the old backend and run the command again.",
			"doctors_doctor 9 refused: salary: Ensure this value is greater than or equal to 0." + mend,
			"patients_patient 10 note: created_by: The user who registered the patient was deleted. The user of --as takes that place.",
			"patients_patient 11 refused: created_by: The user 3 is not here. See why the user was refused.",
			"patients_patient 12 refused: date_of_birth: Date of birth may not be in the future." + mend,
			"patients_patient 12 refused: gender: Not a valid choice: use M, F or O." + mend,
			"patients_patient 12 refused: " + phone + mend,
			"patients_patient 13 refused: address: Ensure this field has no more than 1048576 bytes." + mend,
			"patients_patient 13 refused: medical_record: Ensure this field has no more than 1048576 bytes." + mend,
			"patients_patientdoctormapping 2 refused: doctor: The doctor 8 is not here. See why the doctor was refused.",
			"patients_patientdoctormapping 3 refused: patient: The patient 12 is not here. See why the patient was refused.",
			"patients_patientdoctormapping 4 refused: non_field_errors: Mapping 1 has the same patient and doctor. Delete one of them in the old backend and run the command again.",
		}, report)
		assert.Equal(t, strings.Join([]string{
			"TABLE                          NEW  CHANGED  SAME  DELETED  GONE  REFUSED",
			"users_user                     5    0        0     0        0     3",
			"doctors_doctor                 1    0        0     0        0     2",
			"patients_patient               2    0        0     0        0     3",
			"patients_patientdoctormapping  2    0        0     0        0     3", "",
		}, "\n"), summary)

		service := serve(t, env)
		api := service.api(service.loginWith("ada@example.com", "from the old backend"))
		patient, err := api.GetPatientWithResponse(t.Context(), 9, nil)
		require.NoError(t, err)
		require.NotNil(t, patient.JSON200, "%s", patient.Body)
		assert.Equal(t, []int64{7}, patient.JSON200.AssignedDoctors)
		assert.EqualValues(t, 4, patient.JSON200.CreatedBy)
		created, err := api.CreatePatientWithResponse(t.Context(), nil, client.CreatePatientJSONRequestBody{Name: "New"})
		require.NoError(t, err)
		require.NotNil(t, created.JSON201, "%s", created.Body)
		assert.EqualValues(t, 14, created.JSON201.ID, "ids go on after those of the old backend, of refused rows, too")
		admin := service.api(service.loginWith("root@example.com", "from the old backend"))
		user, err := admin.GetUserWithResponse(t.Context(), 1, nil)
		require.NoError(t, err)
		require.NotNil(t, user.JSON200, "a superuser is an Admin: %s", user.Body)
		for email, password := range map[string]string{"gone@example.com": "from the old backend", "nopass@example.com": "!", "bcrypt@example.com": "x"} {
			refused, err := service.api("").LoginWithResponse(t.Context(), client.LoginJSONRequestBody{Username: email, Password: password})
			require.NoError(t, err)
			assert.Equal(t, 401, refused.StatusCode(), email)
		}

		// Until the day of the switch, people go on working with the old backend.
		execute(t, old, `
			UPDATE users_user SET email = 'ada.two@example.com' WHERE id = 3;
			DELETE FROM users_user WHERE id IN (5, 8);
			UPDATE doctors_doctor SET license_number = 'NJ-8' WHERE id = 8;
			UPDATE doctors_doctor SET salary = 1 WHERE id = 9;
			DELETE FROM patients_patientdoctormapping WHERE id IN (3, 4, 5);
			DELETE FROM patients_patient WHERE id IN (10, 12);
			UPDATE patients_patient SET address = 'Street 13', medical_record = '' WHERE id = 13;
			UPDATE patients_patient SET phone_number = '020 7946 0', medical_record = medical_record || '!' WHERE id = 9;`)
		report, _ = importDjango(t, 1, env)
		assert.Contains(t, report, "patients_patient 10 gone: id: Gone from the old backend. Run the command with --delete, or delete it here.")
		report, summary = importDjango(t, 0, env, "--delete")
		assert.Contains(t, report, "patients_patient 10 deleted: gone from the old backend")
		assert.Contains(t, report, "users_user 2 note: password: The user has signed in here. The password that was used here stays.")
		assert.NotContains(t, strings.Join(report, "\n"), "refused")
		assert.Contains(t, summary, "patients_patient               0    0        3     1        0     0\n")
		unchanged := storedRows(t, env)
		importDjango(t, 0, env, "--delete")
		assert.Equal(t, unchanged, storedRows(t, env), "another run changes nothing")
		service.stop()
		code, stdout, stderr := healthcare.Run(t.Context(), env, "audit", "verify")
		assert.Zero(t, code, stdout+stderr)
	})
}

func TestImportDjangoRefusesBadArguments(t *testing.T) {
	env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey}
	migrate(t, env)
	empty := pgtest.NewEmpty(t, "")
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, "name the old backend's database: set DJANGO_DATABASE_URL, or give --from"},
		{[]string{"--from", "mysql://ada:top-secret@localhost/x"}, "--from must be of the form postgres://"},
		{[]string{"--from", "postgres://ada:top-secret@127.0.0.1:1/x"}, "connection refused"},
		{[]string{"--from", empty}, "this is not a database of the old backend"},
		{[]string{"--from", empty, "--as", "x"}, "--as: Enter a valid email address."},
		{[]string{"--from", oldDatabase(t), "--as", "unknown@example.com"}, "--as: no user has the address, neither here nor among the users who were taken over"},
	} {
		code, stdout, stderr := healthcare.Run(t.Context(), env, append([]string{"import-django"}, tt.args...)...)
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, tt.want)
		assert.NotContains(t, stdout+stderr, "top-secret")
	}
}

func TestImportDjangoNeedsTheOwnerOfTheDatabase(t *testing.T) {
	dsn := pgtest.New(t)
	app := leastPrivileged(t, dsn)
	env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey, "DATABASE_URL=" + app}
	code, _, stderr := healthcare.Run(t.Context(), env, "import-django", "--from", oldDatabase(t))
	assert.Equal(t, 1, code)
	assert.Contains(t, stderr, "run the command as the owner of the database")
	assert.Empty(t, query(t, dsn, "SELECT email, '', CAST(id AS text) FROM users"), "the batch was undone")
}

func TestImportDjangoThatIsStoppedSaysSo(t *testing.T) {
	env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey}
	migrate(t, env)
	old := oldDatabase(t)
	ctx, cancel := context.WithCancel(t.Context())
	blocker, err := sql.Open("postgres", old)
	require.NoError(t, err)
	defer blocker.Close()
	tx, err := blocker.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "LOCK TABLE patients_patient")
	require.NoError(t, err)
	go func() { // Stop once the command waits for the patients.
		defer cancel()
		for waiting := 0; waiting == 0; {
			if blocker.QueryRowContext(ctx, "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())").Scan(&waiting) != nil {
				return
			}
		}
	}()
	code, stdout, stderr := healthcare.Run(ctx, env, "import-django", "--from", old)
	require.NoError(t, tx.Rollback())
	assert.Equal(t, 1, code)
	assert.Contains(t, stdout, "doctors_doctor                 1 ")
	assert.Equal(t, "healthcare: stopped: what was written until then stays, and the next run goes on from there\n", stderr)
	_, summary := importDjango(t, 1, env, "--from", old)
	assert.Contains(t, summary, "doctors_doctor                 0    0        1 ")
}

// A role that can only read is enough for the old database.
func TestImportDjangoOnlyReadsTheOldDatabase(t *testing.T) {
	old := oldDatabase(t)
	role := "reader_" + strings.ToLower(strings.Trim(old[strings.LastIndex(old, "/")+1:strings.LastIndex(old, "/")+20], "?"))
	execute(t, old, `CREATE ROLE `+role+` LOGIN PASSWORD 'top-secret'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO `+role)
	t.Cleanup(func() { execute(t, old, `DROP OWNED BY `+role+`; DROP ROLE `+role) })
	reader, err := url.Parse(old)
	require.NoError(t, err)
	reader.User = url.UserPassword(role, "top-secret")
	env := []string{"DATA_DIR=" + t.TempDir(), "SECRET_KEY=" + secretKey}
	migrate(t, env)
	_, summary := importDjango(t, 1, env, "--from", reader.String())
	assert.Contains(t, summary, "users_user                     5 ")
}
