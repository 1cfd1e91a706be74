package domain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// fieldsOf returns the invalid fields that err names.
func fieldsOf(t *testing.T, err error) domain.FieldErrors {
	t.Helper()
	e, ok := errors.AsType[*domain.Error](err)
	require.True(t, ok, "%v", err)
	assert.Equal(t, domain.Invalid, e.Kind)
	return e.Fields
}

func validDoctor() domain.DoctorInput {
	return domain.DoctorInput{
		Name:           domain.Given("Gregory House"),
		Specialization: domain.Given("Diagnostics"),
		LicenseNumber:  domain.Given("NJ-1"),
		Salary:         domain.Given("1234.5"),
	}
}

func TestEveryInvalidFieldIsReportedAtOnce(t *testing.T) {
	_, err := domain.NewDoctor(domain.DoctorInput{
		Name:          domain.Given(" "),
		LicenseNumber: domain.Null(),
		Salary:        domain.Unreadable("A valid number is required."),
		Unknown:       []string{"nmae"},
	}, now)
	assert.Equal(t, domain.FieldErrors{
		"name":           {"This field may not be blank."},
		"specialization": {"This field is required."},
		"license_number": {"This field may not be null."},
		"salary":         {"A valid number is required."},
		"nmae":           {"Unknown field."},
	}, fieldsOf(t, err))

	_, err = domain.NewPatient(domain.PatientInput{
		DateOfBirth: domain.Given("tomorrow"), Phone: domain.Given("x"), Gender: domain.Given("X"), Address: domain.Null(),
	}, domain.Actor{UserID: 1}, now)
	assert.ElementsMatch(t, []string{"name", "date_of_birth", "phone_number", "gender", "address"}, keys(fieldsOf(t, err)))

	_, err = domain.NewMapping(domain.MappingInput{Patient: domain.Given("x")}, now)
	assert.ElementsMatch(t, []string{"patient", "doctor"}, keys(fieldsOf(t, err)))

	_, _, err = domain.NewUser(domain.Registration{Phone: domain.Given("x"), Role: domain.Given("GOD")}, now, noWeakness)
	assert.ElementsMatch(t, []string{"email", "password", "phone_number", "role"}, keys(fieldsOf(t, err)))
}

func TestReplaceResetsAbsentFieldsAndChangeKeepsThem(t *testing.T) {
	patient, err := domain.NewPatient(domain.PatientInput{
		Name: domain.Given("Ada"), Gender: domain.Given("F"), Phone: domain.Given("112"),
		DateOfBirth: domain.Given("1990-01-01"), Address: domain.Given("Street"), MedicalRecord: domain.Given("Record"),
	}, domain.Actor{UserID: 7}, now)
	require.NoError(t, err)
	assert.EqualValues(t, 7, patient.CreatedBy)

	replaced, err := patient.Replace(domain.PatientInput{Name: domain.Given("Eve")}, now)
	require.NoError(t, err)
	assert.Equal(t, "Eve", replaced.Name.String())
	assert.Empty(t, replaced.Gender.String()+replaced.Phone.String()+replaced.DateOfBirth.String()+replaced.Address.String()+replaced.MedicalRecord.String())
	assert.EqualValues(t, 7, replaced.CreatedBy)

	changed, err := patient.Change(domain.PatientInput{Gender: domain.Null(), Phone: domain.Given("")}, now)
	require.NoError(t, err)
	assert.Equal(t, "Ada", changed.Name.String())
	assert.Empty(t, changed.Gender.String()+changed.Phone.String())
	assert.Equal(t, "1990-01-01", changed.DateOfBirth.String())
	assert.Equal(t, "Record", changed.MedicalRecord.String())

	_, err = patient.Change(domain.PatientInput{Name: domain.Null()}, now)
	assert.Contains(t, fieldsOf(t, err), "name")
}

func TestOnlyActorsWithThePermissionSeeSalaries(t *testing.T) {
	doctor, err := domain.NewDoctor(validDoctor(), now)
	require.NoError(t, err)
	assert.Equal(t, "2026-11-22", doctor.JoinedAt.String())
	for _, role := range []domain.Role{domain.Admin, domain.Operator} {
		assert.Equal(t, "1234.50", doctor.VisibleTo(domain.Actor{Role: role}).Salary.String())
	}
	for _, role := range []domain.Role{domain.Anonymous, domain.Staff, "GOD"} {
		assert.True(t, doctor.VisibleTo(domain.Actor{Role: role}).Salary.Withheld(), role)
	}
}

func TestAssignedAtChangesWithThePair(t *testing.T) {
	mapping, err := domain.NewMapping(domain.MappingInput{Patient: domain.Given("1"), Doctor: domain.Given("2")}, now)
	require.NoError(t, err)
	later := now.Add(time.Hour)
	same, err := mapping.Replace(domain.MappingInput{Patient: domain.Given("1"), Doctor: domain.Given("2")}, later)
	require.NoError(t, err)
	assert.Equal(t, now, same.AssignedAt)
	other, err := mapping.Change(domain.MappingInput{Doctor: domain.Given("3")}, later)
	require.NoError(t, err)
	assert.Equal(t, domain.Mapping{PatientID: 1, DoctorID: 3, AssignedAt: later}, other)
}

func TestPageInput(t *testing.T) {
	page, err := domain.PageInput{}.Parse()
	require.NoError(t, err)
	assert.Equal(t, domain.Page{Limit: 100}, page)
	page, err = domain.PageInput{Limit: domain.Given("1000"), Cursor: domain.Given("5")}.Parse()
	require.NoError(t, err)
	assert.Equal(t, domain.Page{After: 5, Limit: 1000}, page)
	for _, limit := range []string{"0", "-1", "1001", "", "ten", "1.5", "99999999999999999999"} {
		_, err := domain.PageInput{Limit: domain.Given(limit), Cursor: domain.Given("x")}.Parse()
		assert.ElementsMatch(t, []string{"limit", "cursor"}, keys(fieldsOf(t, err)), limit)
	}
}

func noWeakness(domain.Password, ...string) string { return "" }

func keys(errs domain.FieldErrors) (names []string) {
	for name := range errs {
		names = append(names, name)
	}
	return names
}

func TestAnExternalIDHasNoInvisibleCharacters(t *testing.T) {
	for _, text := range []string{"a\u200bb", "a\u00adb", "a\u2060b"} {
		_, err := domain.ParseExternalID(text)
		assert.Error(t, err, "%q", text)
	}
	for text, want := range map[string]string{" MRN 7 ": "MRN 7", "\u200bMRN-7\u200b": "MRN-7", "": "", "\u200b": ""} {
		id, err := domain.ParseExternalID(text)
		assert.NoError(t, err, "%q", text)
		assert.Equal(t, want, id.String(), "%q", text)
	}
}
