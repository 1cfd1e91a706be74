package recordfiles_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/domain"
)

func importDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/import.md")
	require.NoError(t, err)
	return string(text)
}

// TestTheDocumentListsAllColumnsAndWords compares the tables of the document with the code.
func TestTheDocumentListsAllColumnsAndWords(t *testing.T) {
	document := importDocument(t)
	for title, columns := range map[string][]recordfiles.Column{
		"Patients": recordfiles.PatientColumns, "Doctors": recordfiles.DoctorColumns, "Mappings": recordfiles.MappingColumns,
	} {
		want := "\n" + title + ":\n\n| field | other names of the column |\n|---|---|\n"
		for _, column := range columns {
			want += "| `" + column.Field + "`" + map[bool]string{true: " (required)"}[column.Required] + " | " + strings.Join(column.Names, ", ") + " |\n"
		}
		assert.Contains(t, document, want+"\n")
	}
	assert.Contains(t, document, "\n| first name | "+strings.Join(recordfiles.FirstNames, ", ")+" |\n")
	assert.Contains(t, document, "\n| last name | "+strings.Join(recordfiles.LastNames, ", ")+" |\n")

	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| genders: (.*) \\| (.*) \\|$").FindAllStringSubmatch(document, -1) {
		for word := range strings.SplitSeq(row[1], ", ") {
			documented[strings.ToLower(word)] = strings.Trim(strings.TrimPrefix(row[2], "absent"), "`")
		}
	}
	assert.Equal(t, recordfiles.GenderWords, documented)
}

// TestTheExamplesOfTheDocument reads each file with the options of its command.
func TestTheExamplesOfTheDocument(t *testing.T) {
	examples := regexp.MustCompile("(?s)```csv\n(.*?)```\n\n```sh\nhealthcare import (\\w+) \\S+ (.*?)\n```\n\n```json\n(.*?)```").FindAllStringSubmatch(importDocument(t), -1)
	require.Len(t, examples, 5)
	for _, example := range examples {
		file, options := strings.NewReader(example[1]), optionsOf(t, example[3])
		var inputs []map[string]domain.Input
		switch example[2] {
		case "patients":
			reader, err := recordfiles.OpenPatients(t.Context(), file, options)
			require.NoError(t, err)
			for _, row := range rowsOf(t, reader.Rows) {
				_, err := domain.NewPatient(row.Input, domain.Actor{UserID: 1}, now)
				require.NoError(t, err)
				in := row.Input
				inputs = append(inputs, map[string]domain.Input{
					"name": in.Name, "date_of_birth": in.DateOfBirth, "phone_number": in.Phone, "gender": in.Gender,
					"address": in.Address, "medical_record": in.MedicalRecord, "email": in.Email, "external_id": in.ExternalID,
				})
			}
		case "doctors":
			reader, err := recordfiles.OpenDoctors(t.Context(), file, options)
			require.NoError(t, err)
			for _, row := range rowsOf(t, reader.Rows) {
				_, err := domain.NewDoctor(row.Input, now)
				require.NoError(t, err)
				in := row.Input
				inputs = append(inputs, map[string]domain.Input{"name": in.Name, "specialization": in.Specialization, "license_number": in.LicenseNumber, "salary": in.Salary})
			}
		default:
			t.Fatal(example[2])
		}
		lines := strings.Split(strings.TrimSpace(example[4]), "\n")
		require.Len(t, inputs, len(lines), example[1])
		for i, line := range lines {
			var want map[string]string
			require.NoError(t, json.Unmarshal([]byte(line), &want))
			got := map[string]string{}
			for name, in := range inputs[i] {
				if in != (domain.Input{}) {
					got[name] = in.Text()
				}
			}
			assert.Equal(t, want, got)
		}
	}
}

// optionsOf parses the options of a command.
func optionsOf(t *testing.T, command string) (options recordfiles.Options) {
	t.Helper()
	for _, match := range regexp.MustCompile(`--([a-z-]+)(?: (?:'([^']*)'|([^-']\S*)))?`).FindAllStringSubmatch(command, -1) {
		switch value := match[2] + match[3]; match[1] {
		case "map":
			options.Map = append(options.Map, value)
		case "value":
			options.Values = append(options.Values, value)
		case "date-format":
			options.DateFormat = value
		case "decimal-comma":
			options.DecimalComma = true
		default:
			t.Fatal(match[0])
		}
	}
	return options
}
