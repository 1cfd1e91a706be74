package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestParseAge(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{"1d": day, "30d": 30 * day, "3650d": 3650 * day, "36500d": 36500 * day} {
		age, err := domain.ParseAge(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, age, text)
		assert.Positive(t, age)
	}
	for _, text := range []string{
		"", "d", "0d", "-1d", "36501d", "99999999999999999999d", "3650", "3650D", "3650h", "1y", "1.5d", "1e3d", "0x10d", "1_000d", "+5d", "007d",
		" 1d", "1d ", "1 d", "1dd", "1d1d", "one d", "٣d",
	} {
		age, err := domain.ParseAge(text)
		assert.EqualError(t, err, "Give a number of days from 1 to 36500, such as 3650d.", text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), text)
		assert.Zero(t, age, text)
	}
}

// Long versions count towards a page with the one before, which is shown beside.
func TestTheSizeOfARevisionIsThatOfBothRecords(t *testing.T) {
	patient := func(address, record string) domain.Patient {
		return domain.Patient{Address: domain.Restore[domain.Text](address), MedicalRecord: domain.Restore[domain.Text](record)}
	}
	before := patient("12345", "")
	revision := domain.Revision[domain.Patient]{Version: domain.Version[domain.Patient]{Record: patient("123", "1234")}}
	assert.Equal(t, 7, domain.FreeText(revision))
	assert.Equal(t, 7, domain.FreeText(revision.Version))
	revision.Before = &before
	assert.Equal(t, 12, domain.FreeText(revision))
	assert.Zero(t, domain.FreeText(domain.Revision[domain.Doctor]{Before: &domain.Doctor{}}))
}

func TestErrParentDeletedNamesTheParents(t *testing.T) {
	for name, tt := range map[string]struct {
		parents []domain.SubjectKind
		want    domain.FieldErrors
	}{
		"patient": {[]domain.SubjectKind{domain.AboutPatient}, domain.FieldErrors{"patient": {"The patient was deleted. Restore the patient first."}}},
		"both": {[]domain.SubjectKind{domain.AboutPatient, domain.AboutDoctor}, domain.FieldErrors{
			"patient": {"The patient was deleted. Restore the patient first."}, "doctor": {"The doctor was deleted. Restore the doctor first."},
		}},
	} {
		assert.Equal(t, &domain.Error{Kind: domain.Conflict, Message: "Invalid input.", Fields: tt.want}, domain.ErrParentDeleted(tt.parents...), name)
	}
}
