package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// importFile imports a file and returns the outcome of each row.
func importFile[In any](t *testing.T, text string, createdBy domain.ID,
	open func(context.Context, io.ReaderAt, recordfiles.Options) (*recordfiles.Reader[In], error),
	do func(context.Context, domain.Actor, application.ImportRows[In], application.ImportRules, func(application.ImportResult) error) (application.ImportSummary, error),
) (outcomes []string) {
	t.Helper()
	reader, err := open(t.Context(), strings.NewReader(text), recordfiles.Options{})
	require.NoError(t, err)
	_, err = do(t.Context(), clinictest.Operator, reader.Rows, application.ImportRules{CreatedBy: createdBy, AddKeyless: true}, func(result application.ImportResult) error {
		outcomes = append(outcomes, strings.TrimSpace(fmt.Sprintln(result.Outcome, result.Changed, result.Reason)))
		return nil
	})
	require.NoError(t, err)
	return outcomes
}

// An administrator's exports over HTTP are imported unchanged. Staff do not get salaries, which
// stay as they are.
func TestExportsOverHTTPAreImportedUnchanged(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for i, patient := range awkwardPatients {
			created := api.want(201, "POST", "/api/patients/", staff, patient).object(t)
			if i < 2 {
				api.want(201, "POST", "/api/mappings/", staff, fmt.Sprintf(`{"patient": %v, "doctor": 1}`, created["id"]))
			}
		}
		paths := []string{"/api/patients/", "/api/doctors/", "/api/mappings/"}
		before := map[string][]map[string]any{}
		for _, path := range paths {
			before[path] = api.want(200, "GET", path, admin, "").objects(t)
		}
		for _, format := range []string{"text/csv", "application/x-ndjson"} {
			for _, token := range []string{admin, staff} {
				export := func(path string) string { return string(api.want(200, "GET", path, token, "", "Accept", format).body) }
				var outcomes []string
				for _, query := range []string{"", "?fields=name,id", "?ordering=-name&search=o"} {
					outcomes = append(outcomes, importFile(t, export("/api/patients/"+query), 1, recordfiles.OpenPatients, api.Imports.Patients)...)
					outcomes = append(outcomes, importFile(t, export("/api/doctors/"+query), 0, recordfiles.OpenDoctors, api.Imports.Doctors)...)
				}
				outcomes = append(outcomes, importFile(t, export("/api/mappings/"), 0, recordfiles.OpenMappings, api.Imports.Mappings)...)
				for _, outcome := range outcomes {
					assert.Equal(t, "same [] <nil>", outcome)
				}
				for _, path := range paths {
					assert.Equal(t, before[path], api.want(200, "GET", path, admin, "").objects(t))
				}
			}

			other := newAPI(t, memory.New())
			administrator := other.signUp("admin@example.com", domain.Admin)
			for path, do := range map[string]func(text string) []string{
				"/api/patients/": func(text string) []string {
					return importFile(t, text, 1, recordfiles.OpenPatients, other.Imports.Patients)
				},
				"/api/doctors/": func(text string) []string {
					return importFile(t, text, 0, recordfiles.OpenDoctors, other.Imports.Doctors)
				},
			} {
				for _, outcome := range do(string(api.want(200, "GET", path, admin, "", "Accept", format).body)) {
					assert.Equal(t, "new [] <nil>", outcome)
				}
				members := map[string]string{
					"/api/patients/": "?fields=name,date_of_birth,phone_number,gender,address,medical_record,email,external_id", "/api/doctors/": "?fields=name,specialization,license_number,salary",
				}[path]
				assert.Equal(t, api.want(200, "GET", path+members, admin, "").objects(t), other.want(200, "GET", path+members, administrator, "").objects(t))
			}
		}
	})
}
