package recordfiles_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var formats = []recordfiles.Format{recordfiles.CSV, recordfiles.NDJSON}

// readable returns a text without NUL, which no store of ours takes and CSV cannot have.
func readable(text string) string { return strings.ReplaceAll(text, "\x00", "") }

// collect returns the rows of a file.
func collect[In any](t *rapid.T, reader *recordfiles.Reader[In], err error) (rows []application.ImportRow[In]) {
	require.NoError(t, err)
	require.Empty(t, reader.Ignored)
	for row, err := range reader.Rows(t.Context()) {
		require.NoError(t, err)
		require.NoError(t, row.Err)
		require.Equal(t, store, row.Store)
		rows = append(rows, row)
	}
	require.Len(t, rows, reader.Count)
	return rows
}

// TestWhatIsWrittenIsReadBackUnchanged changes each record by its own row. The texts include
// those that only the rules of earlier releases took.
func TestWhatIsWrittenIsReadBackUnchanged(t *testing.T) {
	t.Run("patients", rapid.MakeCheck(func(t *rapid.T) {
		patients := rapid.SliceOfN(rapid.Custom(anyPatient), 1, 4).Draw(t, "patients")
		for i := range patients {
			p := &patients[i]
			p.Name, p.Address = domain.FromStored[domain.Name](readable(p.Name.String())), domain.FromStored[domain.Text](readable(p.Address.String()))
			p.MedicalRecord, p.Email = domain.FromStored[domain.Text](readable(p.MedicalRecord.String())), domain.FromStored[domain.Email](readable(p.Email.String()))
			p.ExternalID = domain.FromStored[domain.ExternalID](readable(p.ExternalID.String()))
		}
		for _, format := range formats {
			text := write(t, recordfiles.Patients, format, admin, "", patients...)
			reader, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), recordfiles.Options{})
			rows := collect(t, reader, err)
			require.Len(t, rows, len(patients))
			for i, row := range rows {
				require.Equal(t, patients[i].ID, row.ID)
				changed, err := patients[i].Change(row.Input, now)
				require.NoError(t, err)
				require.Equal(t, patients[i].Patient, changed)
			}
		}
	}))
	t.Run("doctors", rapid.MakeCheck(func(t *rapid.T) {
		doctor := doctor
		doctor.Name = domain.FromStored[domain.Name](readable(anyText(t, "name")))
		doctor.Specialization = domain.FromStored[domain.Specialization](readable(anyText(t, "specialization")))
		doctor.LicenseNumber = domain.StoredLicenseNumber(readable(anyText(t, "license number")), "")
		for _, format := range formats {
			for _, actor := range []domain.Actor{admin, staff} {
				text := write(t, recordfiles.Doctors, format, actor, "", doctor.VisibleTo(actor))
				reader, err := recordfiles.OpenDoctors(t.Context(), strings.NewReader(text), recordfiles.Options{})
				rows := collect(t, reader, err)
				require.Len(t, rows, 1)
				require.Equal(t, doctor.ID, rows[0].ID)
				changed, err := doctor.Change(rows[0].Input)
				require.NoError(t, err)
				require.Equal(t, doctor, changed)
			}
		}
	}))
	t.Run("mappings", rapid.MakeCheck(func(t *rapid.T) {
		assignment := domain.Assignment{ID: 9, PatientID: 3, Doctor: doctor, AssignedAt: at, Version: 4}
		assignment.PatientName = domain.FromStored[domain.Name](readable(anyText(t, "name")))
		assignment.PatientExternalID = domain.FromStored[domain.ExternalID](readable(anyText(t, "external id")))
		for _, format := range formats {
			text := write(t, recordfiles.Mappings, format, admin, "", assignment)
			reader, err := recordfiles.OpenMappings(t.Context(), strings.NewReader(text), recordfiles.Options{})
			rows := collect(t, reader, err)
			require.Len(t, rows, 1)
			require.Equal(t, assignment.ID, rows[0].ID)
			require.Equal(t, domain.Given("3"), rows[0].Input.Patient)
			require.Equal(t, domain.Given("2"), rows[0].Input.Doctor)
			require.Equal(t, doctor.LicenseNumber.String(), rows[0].Input.DoctorLicenseNumber.Text())
			if external := assignment.PatientExternalID.String(); strings.TrimSpace(external) != "" {
				require.Equal(t, external, rows[0].Input.PatientExternalID.Text())
			}
		}
	}))
}
