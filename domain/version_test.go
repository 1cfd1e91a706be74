package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// The size of a page includes the previous version of each entry.
func TestTheSizeOfAVersionViewIncludesBothRecords(t *testing.T) {
	patient := func(address, record string) domain.Patient {
		return domain.Patient{Address: domain.FromStored[domain.Text](address), MedicalRecord: domain.FromStored[domain.Text](record)}
	}
	before := patient("12345", "")
	revision := domain.VersionView[domain.Patient]{Version: domain.Version[domain.Patient]{Record: patient("123", "1234")}}
	assert.Equal(t, 7, domain.TextBytes(revision))
	assert.Equal(t, 7, domain.TextBytes(revision.Version))
	revision.Before = &before
	assert.Equal(t, 12, domain.TextBytes(revision))
	assert.Zero(t, domain.TextBytes(domain.VersionView[domain.Doctor]{Before: &domain.Doctor{}}))
}

func TestErrParentDeletedNamesTheParents(t *testing.T) {
	for name, tt := range map[string]struct {
		parents []domain.SubjectKind
		want    domain.FieldErrors
	}{
		"patient": {[]domain.SubjectKind{domain.SubjectPatient}, domain.FieldErrors{"patient": {"The patient was deleted. Restore the patient first."}}},
		"both": {[]domain.SubjectKind{domain.SubjectPatient, domain.SubjectDoctor}, domain.FieldErrors{
			"patient": {"The patient was deleted. Restore the patient first."}, "doctor": {"The doctor was deleted. Restore the doctor first."},
		}},
	} {
		assert.Equal(t, &domain.Error{Kind: domain.Conflict, Message: "Invalid input.", Fields: tt.want}, domain.ErrParentDeleted(tt.parents...), name)
	}
}
