package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

// oldPatient returns a patient whose values the current rules refuse.
func oldPatient(text string) domain.Patient {
	return domain.Patient{
		ID: 1, CreatedBy: 1,
		Name:          domain.FromStored[domain.Name](text),
		DateOfBirth:   domain.FromStored[domain.Date](text),
		Phone:         domain.FromStored[domain.Phone](text),
		Gender:        domain.FromStored[domain.Gender](text),
		Address:       domain.FromStored[domain.Text](text),
		MedicalRecord: domain.FromStored[domain.Text](text),
	}
}

// TestAnUnchangedStoredValueIsNotValidatedAgain uses any text, because the
// rules of earlier releases are not known.
func TestAnUnchangedStoredValueIsNotValidatedAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		in := domain.Given(text)

		patient := oldPatient(text)
		all := domain.PatientInput{Name: in, DateOfBirth: in, Phone: in, Gender: in, Address: in, MedicalRecord: in}
		changed, err := patient.Replace(all, now)
		require.NoError(t, err)
		require.Equal(t, patient, changed)
		changed, err = patient.Change(all, now)
		require.NoError(t, err)
		require.Equal(t, patient, changed)

		doctor := domain.Doctor{
			ID:             1,
			Name:           domain.FromStored[domain.Name](text),
			Specialization: domain.FromStored[domain.Specialization](text),
			LicenseNumber:  domain.StoredLicenseNumber(text, "another key"),
			Salary:         domain.FromStored[domain.Salary](text),
		}
		same, err := doctor.Replace(domain.DoctorInput{Name: in, Specialization: in, LicenseNumber: in, Salary: in})
		require.NoError(t, err)
		require.Equal(t, doctor, same)

		user := domain.User{
			ID:        1,
			FirstName: domain.FromStored[domain.PersonName](text),
			LastName:  domain.FromStored[domain.PersonName](text),
			Phone:     domain.FromStored[domain.Phone](text),
		}
		profile := domain.Profile{FirstName: in, LastName: in, Phone: in}
		own, err := user.Change(profile)
		require.NoError(t, err)
		require.Equal(t, user, own)
		administered, err := user.Administer(domain.UserChange{Profile: profile})
		require.NoError(t, err)
		require.Equal(t, user, administered)
	})
}

func TestAChangedValueIsValidated(t *testing.T) {
	patient := oldPatient("n/a")
	_, err := patient.Change(domain.PatientInput{Phone: domain.Given("N/A"), DateOfBirth: domain.Given("n/a "), Gender: domain.Given("x")}, now)
	assert.ElementsMatch(t, []string{"phone_number", "date_of_birth", "gender"}, keys(fieldsOf(t, err)))
}

func TestANewValueIsValidated(t *testing.T) {
	_, err := domain.NewPatient(domain.PatientInput{Name: domain.Given("")}, domain.Actor{UserID: 1}, now)
	assert.Equal(t, domain.FieldErrors{"name": {"This field may not be blank."}}, fieldsOf(t, err))
	_, err = domain.NewDoctor(domain.DoctorInput{
		Name: domain.Given(""), Specialization: domain.Given(""), LicenseNumber: domain.Given(""), Salary: domain.Given(""),
	}, now)
	assert.ElementsMatch(t, []string{"name", "specialization", "license_number", "salary"}, keys(fieldsOf(t, err)))
}

func TestALicenceNumberKeepsItsStoredKey(t *testing.T) {
	sharp := domain.StoredLicenseNumber("straße-1", "straße-1")
	assert.Equal(t, "straße-1", sharp.Key())
	assert.Equal(t, "straße-1", sharp.String())
	written, err := domain.ParseLicenseNumber("straße-1")
	require.NoError(t, err)
	assert.Equal(t, "strasse-1", written.Key())
	assert.Equal(t, written, domain.StoredLicenseNumber("straße-1", "strasse-1"), "stored under its computed key, it equals a new number")
	assert.Equal(t, written, domain.StoredLicenseNumber("straße-1", ""))
}
