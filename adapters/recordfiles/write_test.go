package recordfiles_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

var (
	admin = domain.Actor{Role: domain.Admin}
	staff = domain.Actor{Role: domain.Staff}
	at    = time.Date(2026, 11, 23, 1, 2, 3, 456789000, time.UTC)
	store = domain.NewStoreID()
)

type fataler interface {
	require.TestingT
	Helper()
}

// write returns the file of the records.
func write[T any](t fataler, kind recordfiles.Kind[T], format recordfiles.Format, actor domain.Actor, fields string, records ...T) string {
	t.Helper()
	in := domain.Input{}
	if fields != "" {
		in = domain.Given(fields)
	}
	file, err := kind.File(format, actor, in, store)
	require.NoError(t, err)
	var out bytes.Buffer
	out.WriteString(file.Header())
	for _, record := range records { // each as a page of its own
		require.NoError(t, file.Write(&out, []T{record}))
	}
	return out.String()
}

// anyText draws texts that stores can hold and spreadsheets and parsers could misread.
func anyText(t *rapid.T, label string) string {
	awkward := rapid.StringOfN(rapid.RuneFrom([]rune("'=+-@\t\r\n\",; \\.aé😀\uff1d\ufeff")), 0, 8, -1)
	return rapid.OneOf(awkward, rapid.String()).Draw(t, label)
}

func anyPatient(t *rapid.T) domain.PatientView {
	ids := rapid.SliceOfN(rapid.Int64Range(1, 1<<62), 0, 3)
	patient := domain.PatientView{Patient: domain.Patient{
		ID: domain.ID(rapid.Int64Min(1).Draw(t, "id")), CreatedBy: 7,
		Name:          domain.FromStored[domain.Name](anyText(t, "name")),
		DateOfBirth:   domain.FromStored[domain.Date](rapid.SampledFrom([]string{"", "1987-11-30"}).Draw(t, "date")),
		Phone:         domain.FromStored[domain.Phone](rapid.SampledFrom([]string{"", "+44 20 7946 0000", "020"}).Draw(t, "phone")),
		Gender:        domain.FromStored[domain.Gender](rapid.SampledFrom([]string{"", "M"}).Draw(t, "gender")),
		Address:       domain.FromStored[domain.Text](anyText(t, "address")),
		MedicalRecord: domain.FromStored[domain.Text](anyText(t, "record")),
		Email:         domain.FromStored[domain.Email](anyText(t, "email")),
		ExternalID:    domain.FromStored[domain.ExternalID](anyText(t, "external id")),
		Stamp:         domain.Stamp{Version: 3, CreatedAt: at, UpdatedAt: at.Add(time.Hour)},
	}, AssignedDoctors: []domain.ID{}}
	for _, id := range ids.Draw(t, "doctors") {
		patient.AssignedDoctors = append(patient.AssignedDoctors, domain.ID(id))
	}
	return patient
}

// patientCells are the cells of a patient, without the guard of formulas.
func patientCells(patient domain.PatientView) []string {
	doctors, _ := json.Marshal(patient.AssignedDoctors)
	return []string{
		patient.ID.String(), "7", patient.Name.String(), patient.DateOfBirth.String(), patient.Phone.String(), patient.Gender.String(),
		patient.Address.String(), patient.MedicalRecord.String(), patient.Email.String(), patient.ExternalID.String(),
		"2026-11-23T01:02:03.456789Z", "2026-11-23T02:02:03.456789Z", "3", string(doctors), "patients:" + store.String(),
	}
}

// parse returns the rows of a table. Unlike encoding/csv, it keeps a carriage return before a
// line feed, as RFC 4180 does.
func parse(t fataler, table string) (rows [][]string) {
	t.Helper()
	row := []string{}
	for table != "" {
		var cell string
		if strings.HasPrefix(table, `"`) {
			end := 1
			for ; table[end] != '"' || strings.HasPrefix(table[end+1:], `"`); end++ {
				if table[end] == '"' {
					end++
				}
			}
			cell, table = strings.ReplaceAll(table[1:end], `""`, `"`), table[end+1:]
		} else {
			end := strings.IndexAny(table, ",\r\n")
			cell, table = table[:end], table[end:]
		}
		row = append(row, cell)
		if rest, more := strings.CutPrefix(table, ","); more {
			table = rest
			continue
		}
		require.True(t, strings.HasPrefix(table, "\r\n"), "each row ends with CRLF")
		table = table[2:]
		rows, row = append(rows, row), []string{}
	}
	return rows
}

func TestATableHasExactlyTheStoredValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patients := rapid.SliceOfN(rapid.Custom(anyPatient), 0, 4).Draw(t, "patients")
		table := write(t, recordfiles.Patients, recordfiles.CSV, staff, "", patients...)
		rows := parse(t, table)
		require.Equal(t, strings.Split("id,created_by,name,date_of_birth,phone_number,gender,address,medical_record,email,external_id,created_at,updated_at,version,assigned_doctors,store", ","), rows[0])
		require.Len(t, rows, len(patients)+1)
		for i, patient := range patients {
			row := rows[i+1]
			for at, cell := range row {
				assert.False(t, strings.ContainsAny(firstOf(cell), "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"), "%q", cell)
				row[at] = recordfiles.UnguardFormula(cell)
			}
			require.Equal(t, patientCells(patient), row)
		}

		// encoding/csv reads the same, except that it turns CRLF into LF.
		read, err := csv.NewReader(strings.NewReader(table)).ReadAll()
		require.NoError(t, err)
		for i, patient := range patients {
			for at, cell := range read[i+1] {
				want := strings.ReplaceAll(recordfiles.GuardFormula(patientCells(patient)[at]), "\r\n", "\n")
				require.Equal(t, want, cell)
			}
		}
	})
}

func TestALineHasTheMembersOfTheAPI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		patients := rapid.SliceOfN(rapid.Custom(anyPatient), 0, 3).Draw(t, "patients")
		lines := strings.SplitAfter(write(t, recordfiles.Patients, recordfiles.NDJSON, staff, "", patients...), "\n")
		require.Len(t, lines, len(patients)+1)
		require.Empty(t, lines[len(patients)])
		for i, patient := range patients {
			want, err := json.Marshal(recordjson.Patient(patient))
			require.NoError(t, err)
			require.Equal(t, strings.TrimSuffix(string(want), "}")+`,"store":"patients:`+store.String()+`"}`+"\n", lines[i])
		}
	})
}

var doctor = domain.Doctor{
	ID: 2, Name: domain.FromStored[domain.Name]("'=Ruiz"), JoinedAt: domain.DateOf(at), Specialization: domain.FromStored[domain.Specialization]("Cardiology, general"),
	LicenseNumber: domain.StoredLicenseNumber("-7", ""), Salary: domain.FromStored[domain.Salary]("300.00"),
	Stamp: domain.Stamp{Version: 1, CreatedAt: at, UpdatedAt: at},
}

func TestStaffGetNoColumnOfSalaries(t *testing.T) {
	const row = "2,''=Ruiz,2026-11-23,\"Cardiology, general\",'-7,%s2026-11-23T01:02:03.456789Z,2026-11-23T01:02:03.456789Z,1,"
	assert.Equal(t, "id,name,joined_at,specialization,license_number,salary,created_at,updated_at,version,store\r\n"+
		strings.Replace(row, "%s", "300.00,", 1)+"doctors:"+store.String()+"\r\n", write(t, recordfiles.Doctors, recordfiles.CSV, admin, "", doctor))
	assert.Equal(t, "id,name,joined_at,specialization,license_number,created_at,updated_at,version,store\r\n"+
		strings.Replace(row, "%s", "", 1)+"doctors:"+store.String()+"\r\n", write(t, recordfiles.Doctors, recordfiles.CSV, staff, "", doctor.VisibleTo(staff)))
	_, err := recordfiles.Doctors.File(recordfiles.CSV, staff, domain.Given("salary"), store)
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
}

func TestAMappingHasColumnsForBothSides(t *testing.T) {
	assignment := domain.Assignment{
		ID: 1, PatientID: 3, PatientName: domain.FromStored[domain.Name]("Mia, Chen"), PatientExternalID: domain.FromStored[domain.ExternalID]("MRN 1"),
		Doctor: doctor, AssignedAt: at, Version: 4,
	}
	assert.Equal(t, "id,patient_id,patient_external_id,patient_name,doctor_id,doctor_license_number,doctor_name,assigned_at,version,store\r\n"+
		`1,3,MRN 1,"Mia, Chen",2,'-7,''=Ruiz,2026-11-23T01:02:03.456789Z,4,mappings:`+store.String()+"\r\n",
		write(t, recordfiles.Mappings, recordfiles.CSV, staff, "", assignment))
	assert.Equal(t, "id,doctor_id,doctor_license_number,doctor_name,store\r\n1,2,'-7,''=Ruiz,mappings:"+store.String()+"\r\n",
		write(t, recordfiles.Mappings, recordfiles.CSV, staff, "doctor,id", assignment))
	assert.Equal(t, `{"patient":{"id":3,"name":"Mia, Chen","external_id":"MRN 1"},"version":4,"store":"mappings:`+store.String()+`"}`+"\n",
		write(t, recordfiles.Mappings, recordfiles.NDJSON, staff, "version,patient", assignment))
}

func TestAUsersFileHasNoSecret(t *testing.T) {
	user := domain.User{
		ID: 1, FirstName: domain.FromStored[domain.PersonName]("Sam"), Email: domain.FromStored[domain.Email]("-sam@clinic.example"), Role: domain.Admin,
		PasswordHash: domain.StoredPasswordHash("argon2id$secret"), Active: true, Version: 2, CreatedAt: at, UpdatedAt: at,
	}
	table := write(t, recordfiles.Users, recordfiles.CSV, admin, "", user)
	assert.Equal(t, "id,first_name,last_name,email,phone_number,role,is_active,mfa_enabled,password_temporary,created_at,updated_at,version,store\r\n"+
		"1,Sam,,'-sam@clinic.example,,ADMIN,true,false,false,2026-11-23T01:02:03.456789Z,2026-11-23T01:02:03.456789Z,2,users:"+store.String()+"\r\n", table)
	assert.NotContains(t, write(t, recordfiles.Users, recordfiles.NDJSON, admin, "", user), "secret")
}

func TestTextsThatAreNotUTF8AreMarked(t *testing.T) {
	broken := domain.PatientView{Patient: domain.Patient{ID: 1, Name: domain.FromStored[domain.Name]("M\xfcller")}}
	assert.Contains(t, write(t, recordfiles.Patients, recordfiles.CSV, staff, "name", broken), "M\uFFFDller,")
	assert.Contains(t, write(t, recordfiles.Patients, recordfiles.NDJSON, staff, "name", broken), `"name":"M`+"\uFFFD"+`ller"`)
}

func TestAWriteThatFailsIsAnError(t *testing.T) {
	for _, format := range []recordfiles.Format{recordfiles.CSV, recordfiles.NDJSON} {
		file, err := recordfiles.Doctors.File(format, admin, domain.Input{}, store)
		require.NoError(t, err)
		for _, count := range []int{1, 1000} { // One fits into the buffer.
			assert.ErrorIs(t, file.Write(fullDisk{}, make([]domain.Doctor, count)), syscall.ENOSPC, "%s of %d", format, count)
		}
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }
