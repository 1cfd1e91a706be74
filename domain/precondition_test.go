package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
)

var (
	admin = domain.Actor{UserID: 1, Role: domain.Admin}
	staff = domain.Actor{UserID: 2, Role: domain.Staff}
)

func TestWhatEachPreconditionExpects(t *testing.T) {
	mapping := domain.Mapping{ID: 1, Stamp: domain.Stamp{Version: 3}}
	for name, tt := range map[string]struct {
		expected domain.Precondition
		holds    bool
	}{
		"nothing":           {domain.Precondition{}, true},
		"any state":         {domain.AnyState(), true},
		"this state":        {domain.OneOf("3"), true},
		"one of some":       {domain.OneOf("2", "3"), true},
		"an earlier state":  {domain.OneOf("2"), false},
		"no possible state": {domain.OneOf(), false},
		"an empty ETag":     {domain.OneOf(""), false},
	} {
		err := domain.CheckPrecondition(tt.expected, mapping, staff)
		if tt.holds {
			assert.NoError(t, err, name)
		} else {
			assert.Equal(t, domain.PreconditionFailed, domain.KindOf(err), name)
		}
		assert.Equal(t, name == "nothing", tt.expected.IsZero(), name)
	}
}

// A reader who gains or loses the permission to see salaries is shown something else.
func TestTheETagOfADoctorDependsOnTheSalaryBeingShown(t *testing.T) {
	doctor := domain.Doctor{ID: 1, Salary: domain.FromStored[domain.Salary]("7.00"), Stamp: domain.Stamp{Version: 2}}
	asStaff := domain.VisibleTo(doctor, staff)
	assert.Equal(t, domain.ETag("2"), doctor.ETag())
	assert.Equal(t, domain.ETag("2-without-salary"), asStaff.ETag())
	assert.NoError(t, domain.CheckPrecondition(domain.OneOf(asStaff.ETag()), doctor, staff))
	assert.Error(t, domain.CheckPrecondition(domain.OneOf(asStaff.ETag()), doctor, admin))
	assert.Error(t, domain.CheckPrecondition(domain.OneOf(doctor.ETag()), doctor, staff))
}

func TestTheETagOfAPatientDiffersIfTheVersionOrADoctorDiffers(t *testing.T) {
	view := rapid.Custom(func(r *rapid.T) domain.PatientView {
		doctors := rapid.SliceOfN(rapid.Int64Range(1, 3), 0, 3).Draw(r, "doctors")
		shown := domain.PatientView{Patient: domain.Patient{Stamp: domain.Stamp{Version: rapid.IntRange(1, 3).Draw(r, "version")}}, AssignedDoctors: []domain.ID{}}
		for _, id := range doctors {
			shown.AssignedDoctors = append(shown.AssignedDoctors, domain.ID(id))
		}
		return shown
	})
	rapid.Check(t, func(r *rapid.T) {
		a, b := view.Draw(r, "a"), view.Draw(r, "b")
		assert.Equal(r, assert.ObjectsAreEqual(a, b), a.ETag() == b.ETag())
	})
}

func TestNewPatientViewHasTheDoctorsInOrder(t *testing.T) {
	patient := domain.Patient{ID: 4}
	mappings := []domain.Record{domain.Mapping{ID: 1, PatientID: 4, DoctorID: 9}, domain.Mapping{ID: 2, PatientID: 4, DoctorID: 3}}
	assert.Equal(t, domain.PatientView{Patient: patient, AssignedDoctors: []domain.ID{3, 9}}, domain.NewPatientView(patient, mappings))
	assert.Equal(t, domain.PatientView{Patient: patient, AssignedDoctors: []domain.ID{}}, domain.NewPatientView(patient, nil))
}
