package recordfiles_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// pieces make texts that spreadsheets and parsers could misread, in several scripts.
var pieces = []string{
	"'", "=", "+", "-", "@", "\t", "\r", "\n", "\r\n", "\u2028", `"`, `""`, ",", ";", " ", "\u00a0", "\ufeff", "\u200f", "\\", "{", "}", "[", "]",
	"＝1", "－", "=1+1", "'=cmd", "''", "sep=;", "PK\x03", "#", "%", "null", "NULL", "TRUE", "1.0", "1E5", "1.5e3", "007", "1,5", "2026-01-02",
	"A", "b", "ß", "é", "e\u0301", "Łódź", "名前", "𠮷", "ខ្មែរ", "ไทย", "हिन्दी", "مريم", "שרה", "👩\u200d⚕️", "🇩🇪", "O'Neil", "'t Hooft",
}

// valid draws texts that parse takes.
func valid[T any](t *rapid.T, label string, parse func(string) (T, error)) string {
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6), func(parts []string) string { return strings.Join(parts, "") })
	return rapid.OneOf(text, text, rapid.String()).Filter(func(text string) bool {
		_, err := parse(text)
		return err == nil
	}).Draw(t, label)
}

// anyClinic adds records with valid values to the clinic, through its use-cases.
func anyClinic(t *rapid.T, clinic *clinictest.Clinic) {
	patients, doctors := rapid.IntRange(1, 4).Draw(t, "patients"), rapid.IntRange(1, 3).Draw(t, "doctors")
	for i := range doctors {
		_, err := clinic.Doctors.Create(t.Context(), clinic.Admin(), application.Once{}, domain.DoctorInput{
			Name:           domain.Given(valid(t, "name", domain.ParseName)),
			Specialization: domain.Given(valid(t, "specialization", domain.ParseSpecialization)),
			LicenseNumber:  domain.Given(valid(t, "license number", domain.ParseLicenseNumber)),
			Salary:         domain.Given(rapid.SampledFrom([]string{"0", "1234.5", "1e3", "99999999.99"}).Draw(t, "salary")),
		})
		if domain.KindOf(err) == domain.Conflict { // two equal numbers
			doctors = i
			break
		}
		require.NoError(t, err)
	}
	birthDays := rapid.Map(rapid.IntRange(0, 176*365), func(days int) string {
		return time.Date(1850, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, days).Format(time.DateOnly)
	})
	for range patients {
		patient, err := clinic.Patients.Create(t.Context(), clinic.Staff(), application.Once{}, domain.PatientInput{
			Name:          domain.Given(valid(t, "name", domain.ParseName)),
			DateOfBirth:   domain.Given(rapid.OneOf(birthDays, rapid.Just("")).Draw(t, "date of birth")),
			Phone:         domain.Given(rapid.SampledFrom([]string{"", "+44 20 7946 0000", "(020) 79-46", "0207", "123456789012345"}).Draw(t, "phone")),
			Gender:        domain.Given(rapid.SampledFrom([]string{"", "M", "F", "O"}).Draw(t, "gender")),
			Address:       domain.Given(valid(t, "address", domain.ParseText)),
			MedicalRecord: domain.Given(valid(t, "record", domain.ParseText)),
			Email:         domain.Given(rapid.SampledFrom([]string{"", "Ada@example.com", "-x@example.com", "'=a@example.com", "=a+b@example.com"}).Draw(t, "email")),
			ExternalID:    domain.Given(valid(t, "external id", domain.ParseExternalID)),
		})
		if domain.KindOf(err) == domain.Conflict {
			break
		}
		require.NoError(t, err)
		for doctor := range doctors {
			if rapid.Bool().Draw(t, "assigned") {
				_, err := clinic.Mappings.Assign(t.Context(), clinic.Staff(), application.Once{}, domain.MappingInput{
					Patient: domain.Given(patient.ID.String()), Doctor: domain.Given(fmt.Sprint(doctor + 1)),
				})
				require.NoError(t, err)
			}
		}
	}
}

// exportedFiles are the exports of a clinic.
type exportedFiles struct{ patients, doctors, mappings string }

func exportAll(t *rapid.T, clinic *clinictest.Clinic, format recordfiles.Format) exportedFiles {
	return exportedFiles{
		exported(t, clinic, format, recordfiles.Patients, clinic.Patients.List),
		exported(t, clinic, format, recordfiles.Doctors, clinic.Doctors.List),
		exported(t, clinic, format, recordfiles.Mappings, clinic.Mappings.List),
	}
}

func exported[T any](t *rapid.T, clinic *clinictest.Clinic, format recordfiles.Format, kind recordfiles.Kind[T],
	list func(context.Context, domain.Actor, domain.Parameters) (application.Page[T], error),
) string {
	store, err := clinic.Store.ID(t.Context())
	require.NoError(t, err)
	page, err := list(t.Context(), clinictest.Operator, nil)
	require.NoError(t, err)
	require.Empty(t, page.Next)
	file, err := kind.File(format, clinictest.Operator, domain.Input{}, store)
	require.NoError(t, err)
	var text bytes.Buffer
	text.WriteString(file.Header())
	require.NoError(t, file.Write(&text, page.Items))
	return text.String()
}

// imported imports a file and returns one text for each row, such as "new".
func imported[In any](t *rapid.T, text string, rules application.ImportRules,
	open func(context.Context, io.ReaderAt, recordfiles.Options) (*recordfiles.Reader[In], error),
	do func(context.Context, domain.Actor, application.ImportRows[In], application.ImportRules, func(application.ImportResult) error) (application.ImportSummary, error),
) (rows []string) {
	if text == "" { // an NDJSON file of no records
		return nil
	}
	reader, err := open(t.Context(), strings.NewReader(text), recordfiles.Options{})
	require.NoError(t, err)
	if reader.Count > 0 {
		require.Empty(t, reader.Ignored)
	}
	_, err = do(t.Context(), clinictest.Operator, reader.Rows, rules, func(result application.ImportResult) error {
		row := string(result.Outcome)
		if result.Reason != nil {
			row += ": " + result.Reason.Error()
		}
		rows = append(rows, row)
		return nil
	})
	require.NoError(t, err)
	return rows
}

func importAll(t *rapid.T, clinic *clinictest.Clinic, files exportedFiles) (rows []string) {
	rows = imported(t, files.patients, application.ImportRules{CreatedBy: clinic.Admin().UserID, AddKeyless: true}, recordfiles.OpenPatients, clinic.Imports.Patients)
	rows = append(rows, imported(t, files.doctors, application.ImportRules{}, recordfiles.OpenDoctors, clinic.Imports.Doctors)...)
	return append(rows, imported(t, files.mappings, application.ImportRules{Batch: 2}, recordfiles.OpenMappings, clinic.Imports.Mappings)...)
}

// writes counts the events that changed something.
func writes(clinic *clinictest.Clinic) (n int) {
	for _, event := range clinic.Events() {
		n += len(event.Commitments)
	}
	return n
}

// An export that is imported into its own store changes nothing there.
func TestAnExportIsImportedUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clinic := clinictest.New(t)
		anyClinic(t, clinic)
		for _, format := range formats {
			files, before := exportAll(t, clinic, format), writes(clinic)
			for _, row := range importAll(t, clinic, files) {
				require.Equal(t, "same", row)
			}
			require.Equal(t, files, exportAll(t, clinic, format), "no version, no time, no member of a record has changed")
			require.Equal(t, before, writes(clinic))
		}
	})
}

// portable returns what another store takes over of an export in NDJSON: everything but ids,
// times and versions. Mappings of patients without an external id stay behind.
func portable(t *rapid.T, clinic *clinictest.Clinic) (all []string) {
	patients, err := clinic.Patients.List(t.Context(), clinictest.Operator, nil)
	require.NoError(t, err)
	for _, p := range patients.Items {
		p.ID, p.CreatedBy, p.Stamp = 0, 0, domain.Stamp{}
		all = append(all, fmt.Sprintf("%q", fmt.Sprint(p.Fields())))
	}
	doctors, err := clinic.Doctors.List(t.Context(), clinictest.Operator, nil)
	require.NoError(t, err)
	for _, d := range doctors.Items {
		all = append(all, fmt.Sprintf("%q %q %q %q", d.Name, d.Specialization, d.LicenseNumber, d.Salary))
	}
	mappings, err := clinic.Mappings.List(t.Context(), clinictest.Operator, nil)
	require.NoError(t, err)
	for _, m := range mappings.Items {
		if external := m.PatientExternalID.String(); external != "" {
			all = append(all, fmt.Sprintf("%q %q", external, m.Doctor.LicenseNumber))
		}
	}
	return all
}

func TestAnExportMovesAClinicToAnotherStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clinic := clinictest.New(t)
		anyClinic(t, clinic)
		for _, format := range formats {
			other := clinictest.New(t)
			for _, row := range importAll(t, other, exportAll(t, clinic, format)) {
				if row != "new" {
					require.Contains(t, row, "refused: Invalid input. [patient_external_id: This field is required: without an external id, the patient cannot be found.")
				}
			}
			require.Equal(t, portable(t, clinic), portable(t, other))
		}
	})
}

// The row of doctor 1 must not change patient 1.
func TestAnExportIsImportedAsWhatItIs(t *testing.T) {
	opens := map[string]func(text string) error{
		"patients": func(text string) error {
			_, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), recordfiles.Options{})
			return err
		},
		"doctors": func(text string) error {
			_, err := recordfiles.OpenDoctors(t.Context(), strings.NewReader(text), recordfiles.Options{})
			return err
		},
		"mappings": func(text string) error {
			_, err := recordfiles.OpenMappings(t.Context(), strings.NewReader(text), recordfiles.Options{})
			return err
		},
	}
	for _, format := range formats {
		for of, text := range map[string]string{
			"patients": write(t, recordfiles.Patients, format, admin, "id,name", domain.PatientView{Patient: domain.Patient{ID: 1}}),
			"doctors":  write(t, recordfiles.Doctors, format, admin, "id,name", domain.Doctor{ID: 1}),
			"mappings": write(t, recordfiles.Mappings, format, admin, "", domain.Assignment{ID: 1}),
			"users":    write(t, recordfiles.Users, format, admin, "", domain.User{ID: 1}),
		} {
			for as, open := range opens {
				switch err := open(text); {
				case as == of:
					require.NoError(t, err)
				case of == "users":
					require.ErrorContains(t, err, "this is an export of users, which cannot be imported")
				default:
					require.ErrorContains(t, err, "this is an export of "+of+": healthcare import "+of)
				}
			}
		}
	}
}

// A spreadsheet that saves an export in CSV shortens long numbers, and nothing tells them from
// numbers that are stored so.
func TestANumberThatLooksShortenedIsExportedAsNDJSON(t *testing.T) {
	patient := domain.PatientView{Patient: domain.Patient{ID: 1, ExternalID: domain.FromStored[domain.ExternalID]("1E+11")}}
	for format, want := range map[recordfiles.Format]domain.Input{
		recordfiles.NDJSON: domain.Given("1E+11"),
		recordfiles.CSV:    domain.Unreadable("A spreadsheet has probably shortened this number. Export the records as NDJSON, and import that file."),
	} {
		reader, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(write(t, recordfiles.Patients, format, admin, "", patient)), recordfiles.Options{})
		require.NoError(t, err)
		for row, err := range reader.Rows(t.Context()) {
			require.NoError(t, err)
			require.Equal(t, want, row.Input.ExternalID)
		}
	}
}
