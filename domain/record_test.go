package domain_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// someRecords returns a record of every kind.
func someRecords(t *testing.T) map[domain.SubjectKind]domain.Record {
	t.Helper()
	doctor, err := domain.NewDoctor(validDoctor(), now)
	require.NoError(t, err)
	patient, err := domain.NewPatient(domain.PatientInput{Name: domain.Given("Ada")}, domain.Actor{UserID: 7}, now)
	require.NoError(t, err)
	doctor.ID, patient.ID = 1, 2
	mapping := domain.Mapping{ID: 3, PatientID: patient.ID, DoctorID: doctor.ID, AssignedAt: now}
	return map[domain.SubjectKind]domain.Record{
		domain.SubjectDoctor:  doctor,
		domain.SubjectPatient: patient,
		domain.SubjectMapping: mapping,
	}
}

func TestRecordKindsListParentsBeforeChildren(t *testing.T) {
	before := map[domain.SubjectKind]domain.RecordKind{}
	for _, known := range domain.RecordKinds() {
		assert.NotContains(t, before, known.Kind, "a kind is in the list once")
		for _, parent := range known.Parents {
			require.Contains(t, before, parent, "parents come before children")
			assert.Empty(t, before[parent].Parents, "a kind with parents is not a parent")
			assert.Contains(t, domain.Children(parent), known.Kind)
		}
		assert.Equal(t, known, domain.RecordKindOf(known.Kind))
		before[known.Kind] = known
	}
	for kind := range before {
		for _, child := range domain.Children(kind) {
			assert.Contains(t, before[child].Parents, kind)
		}
	}
}

func TestRecordKindsReturnsACopy(t *testing.T) {
	want := domain.RecordKinds()
	domain.RecordKinds()[0].Kind = domain.SubjectUser
	assert.Equal(t, want, domain.RecordKinds())
}

func TestRecordKindOfPanicsOnAnUnknownKind(t *testing.T) {
	for _, kind := range []domain.SubjectKind{"", domain.SubjectUser, domain.SubjectSession, domain.SubjectAudit, "Doctor"} {
		assert.Panics(t, func() { domain.RecordKindOf(kind) }, kind)
		assert.Empty(t, domain.Children(kind), kind)
	}
}

func TestARecordHasTheKindAndParentsOfItsRecordKind(t *testing.T) {
	records := someRecords(t)
	assert.Len(t, records, len(domain.RecordKinds()))
	for _, known := range domain.RecordKinds() {
		record := records[known.Kind]
		require.NotNil(t, record, known.Kind)
		assert.Equal(t, known.Kind, record.Self().Kind)
		assert.NotZero(t, record.Self().ID)
		var parents []domain.SubjectKind
		for _, parent := range record.Parents() {
			parents = append(parents, parent.Kind)
			assert.Equal(t, records[parent.Kind].Self(), parent)
		}
		assert.Equal(t, known.Parents, parents, known.Kind)
	}
}

func TestFieldNamesAreUniqueAndExcludeTheID(t *testing.T) {
	for kind, record := range someRecords(t) {
		var names []string
		for _, field := range record.Fields() {
			names = append(names, field.Name)
			switch value := field.Value.(type) {
			case nil, string, domain.ID:
			case time.Time:
				assert.Equal(t, time.UTC, value.Location(), field.Name)
			default:
				assert.Failf(t, "a value of another type", "%s of a %s is a %T", field.Name, kind, value)
			}
		}
		assert.NotEmpty(t, names, kind)
		assert.NotContains(t, names, "id", kind)
		slices.Sort(names)
		assert.Equal(t, slices.Compact(slices.Clone(names)), names, kind)
	}
}

func TestDiffReportsAddedAndRemovedFields(t *testing.T) {
	without := domain.Doctor{ID: 1, Name: domain.FromStored[domain.Name]("Ana")}
	with := without
	with.Salary = domain.FromStored[domain.Salary]("1.00")
	for name, tt := range map[string]struct {
		before, after domain.Doctor
		want          []domain.FieldChange
	}{
		"came":   {without, with, []domain.FieldChange{{Name: "salary", Before: nil, After: "1.00"}}},
		"went":   {with, without, []domain.FieldChange{{Name: "salary", Before: "1.00", After: nil}}},
		"stayed": {with, with, []domain.FieldChange{}},
	} {
		assert.Equal(t, tt.want, domain.Diff(&tt.before, tt.after), name)
	}
}

func TestDiffFromNilReportsEveryField(t *testing.T) {
	for kind, record := range someRecords(t) {
		want := []string{}
		for _, field := range record.Fields() {
			want = append(want, field.Name)
		}
		slices.Sort(want)
		got := []string{}
		for _, change := range domain.Diff(nil, record) {
			assert.Nil(t, change.Before, change.Name)
			got = append(got, change.Name)
		}
		assert.Equal(t, want, got, kind)
	}
}

func TestVisibleToPanicsForAnUnhandledRestrictedEntity(t *testing.T) {
	staff := domain.Actor{UserID: 1, Role: domain.Staff}
	doctor := domain.Doctor{ID: 1, Salary: domain.FromStored[domain.Salary]("1.00")}
	assert.True(t, domain.VisibleTo(doctor, staff).Salary.Withheld())
	type rated struct {
		domain.Doctor
		rating int
	}
	assert.Panics(t, func() { domain.VisibleTo(rated{doctor, 5}, staff) })
	assert.Panics(t, func() { domain.VisibleTo(&doctor, staff) })
	assert.Equal(t, 5, domain.VisibleTo(5, staff))
}
