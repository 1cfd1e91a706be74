package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func parsePatients(in domain.Items[domain.PatientInput]) ([]domain.Patient, error) {
	return domain.ParseItems(in, func(item domain.PatientInput) (domain.Patient, error) {
		return domain.NewPatient(item, domain.Actor{UserID: 7}, now)
	})
}

func TestItemsAreParsedInTheirOrder(t *testing.T) {
	in := domain.Items[domain.PatientInput]{}
	for range domain.MaxItems {
		in.List = append(in.List, domain.PatientInput{Name: domain.Given(string(rune('a' + len(in.List)%26)))})
	}
	parsed, err := parsePatients(in)
	require.NoError(t, err)
	require.Len(t, parsed, domain.MaxItems)
	for i, patient := range parsed {
		assert.Equal(t, in.List[i].Name.Text(), patient.Name.String())
		assert.Equal(t, domain.ID(7), patient.CreatedBy)
	}
}

func TestItemsThatHaveNoKeyAreNotTheSame(t *testing.T) {
	_, err := parsePatients(domain.Items[domain.PatientInput]{List: []domain.PatientInput{{Name: domain.Given("x")}, {Name: domain.Given("x")}}})
	require.NoError(t, err)
}

func TestAListThatCannotBeReadIsRefusedAsAWhole(t *testing.T) {
	for _, tt := range []struct {
		in   domain.Items[domain.PatientInput]
		want domain.FieldErrors
	}{
		{domain.Items[domain.PatientInput]{Problem: "Not a list."}, domain.FieldErrors{"items": {"Not a list."}}},
		{domain.Items[domain.PatientInput]{Unknown: []string{"x"}}, domain.FieldErrors{"items": {"This list may not be empty."}, "x": {"Unknown field."}}},
		{
			domain.Items[domain.PatientInput]{List: make([]domain.PatientInput, domain.MaxItems+1)},
			domain.FieldErrors{"items": {"Ensure this field has no more than 1000 elements."}},
		},
	} {
		parsed, err := parsePatients(tt.in)
		assert.Equal(t, tt.want, fieldsOf(t, err))
		assert.Nil(t, parsed)
	}
}

func TestTheErrorOfItemsIsAConflictIfAllAre(t *testing.T) {
	conflict, invalid := domain.ErrLicenseTaken(), domain.ErrNoSuchReference("doctor")
	require.NoError(t, domain.ErrItems([]error{nil, nil}))
	var all *domain.Error
	require.ErrorAs(t, domain.ErrItems([]error{nil, conflict, conflict}), &all)
	assert.Equal(t, domain.Conflict, all.Kind)
	assert.Equal(t, domain.FieldErrors{
		"items[1].license_number": {"doctor with this license number already exists."},
		"items[2].license_number": {"doctor with this license number already exists."},
	}, all.Fields)
	assert.Equal(t, domain.Invalid, domain.KindOf(domain.ErrItems([]error{invalid, conflict})))
}
