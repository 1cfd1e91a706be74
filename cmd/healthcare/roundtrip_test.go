package main_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// awkwardClinic adds records that spreadsheets and parsers could misread, as the export of
// another clinic.
func awkwardClinic(t *testing.T, env []string) {
	t.Helper()
	const longest = 1 << 20 // domain.MaxTextBytes
	for _, file := range []struct {
		kind string
		rows []map[string]any
	}{
		{"patients", []map[string]any{
			{"name": "'=cmd|' /C calc'!A0", "external_id": "007", "date_of_birth": "1850-01-01", "address": "=1+1\r\n\"quoted\"; 4 Elm\rStreet,\tx\u2028y", "gender": "O"},
			{"name": "'t Hooft", "external_id": "1.0", "phone_number": "+31 20 794 60", "email": "-x@mail.example", "medical_record": "''=\n\n'"},
			{"name": "ចាន់ ថា", "external_id": "1E5", "medical_record": strings.Repeat(`"`, longest), "address": "=" + strings.Repeat("ß", longest/2-1)},
			{"name": "مريم 👩\u200d⚕️ 名前", "external_id": "1E+11", "address": `{"a": [1]}`, "medical_record": "null"},
			{"name": "Keyless", "date_of_birth": "2024-02-29"},
		}},
		{"doctors", []map[string]any{
			{"name": `Ana, "Ruiz"`, "specialization": "＝Cardiology", "license_number": "=L-1", "salary": "99999999.99"},
			{"name": "Łódź", "specialization": "-", "license_number": "2.0", "salary": "0.00"},
		}},
		{"mappings", []map[string]any{
			{"patient_external_id": "007", "doctor_license_number": "=L-1"},
			{"patient_external_id": "1E+11", "doctor_license_number": "2.0"},
		}},
	} {
		var text strings.Builder
		encoder := json.NewEncoder(&text)
		for i, row := range file.rows {
			row["id"], row["store"] = i+1, file.kind+":"+strings.Repeat("5a", 16)
			require.NoError(t, encoder.Encode(row))
		}
		args := []string{"import", file.kind, writeFile(t, file.kind, text.String())}
		if file.kind == "patients" {
			args = append(args, "--add-keyless")
		}
		ok(t, env, args...)
	}
}

// exportTo writes all exports of a store to a new folder.
func exportTo(t *testing.T, env []string, format string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, kind := range []string{"patients", "doctors", "mappings", "users"} {
		ok(t, env, "export", kind, filepath.Join(folder, kind), "--format", format)
	}
	return folder
}

func TestWhatIsExportedIsImportedUnchanged(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		env = clinicOf(t, env)
		awkwardClinic(t, env)
		before := storedRows(t, env)
		for _, format := range []string{"csv", "ndjson"} {
			folder := exportTo(t, env, format)
			for kind, count := range map[string]string{"patients": "5", "doctors": "2", "mappings": "2"} {
				args := []string{"import", kind, filepath.Join(folder, kind)}
				if format == "csv" && kind == "patients" {
					args = append(args, "--map", "external_id=") // a spreadsheet could have written 1E+11
				}
				assert.Equal(t, "Nothing to import: 0 new, 0 changed, "+count+" same, 0 refused.\n", ok(t, env, args...))
				refused(t, env, "this is an export of users, which cannot be imported", "import", kind, filepath.Join(folder, "users"))
			}
			refused(t, env, "this is an export of doctors: healthcare import doctors", "import", "patients", filepath.Join(folder, "doctors"))
			assert.Equal(t, before, storedRows(t, env))
		}

		folder := exportTo(t, env, "ndjson")
		other := clinicOf(t, []string{"DATA_DIR=" + t.TempDir()})
		code, _, stderr := healthcare.Run(t.Context(), other, "import", "patients", filepath.Join(folder, "patients"))
		assert.Equal(t, 1, code)
		assert.Contains(t, stderr, "1 of 5 rows are refused", "the one without an external id")
		ok(t, other, "import", "patients", filepath.Join(folder, "patients"), "--add-keyless")
		ok(t, other, "import", "doctors", filepath.Join(folder, "doctors"))
		ok(t, other, "import", "mappings", filepath.Join(folder, "mappings"))
		there := exportTo(t, other, "ndjson")
		for _, kind := range []string{"patients", "doctors", "mappings"} {
			assert.Equal(t, portable(t, folder, kind), portable(t, there, kind))
		}
	})
}

// portable returns the records of an export without what belongs to their store.
func portable(t *testing.T, folder, kind string) (records []map[string]any) {
	t.Helper()
	records = lines(t, content(t, folder)[kind])
	for _, record := range records {
		for _, member := range []string{"created_by", "created_at", "updated_at", "assigned_at", "joined_at", "version", "store"} {
			delete(record, member)
		}
		if doctor, isMapping := record["doctor"].(map[string]any); isMapping {
			for _, member := range []string{"created_at", "updated_at", "joined_at", "version"} {
				delete(doctor, member)
			}
		}
	}
	return records
}
