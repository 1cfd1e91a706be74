package httpapi

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestADifferenceHasMembersThatCameAndWent(t *testing.T) {
	without := doctorView{ID: 1, Name: "Ana"}
	with := doctorView{ID: 1, Name: "Ana", Salary: "1.00"}
	for want, d := range map[string]difference[doctorView]{
		`[{"field":"salary","before":null,"after":"1.00"}]`: {before: &without, after: with},
		`[{"field":"salary","before":"1.00","after":null}]`: {before: &with, after: without},
		`[]`: {before: &with, after: with},
	} {
		got, err := json.Marshal(d)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
	}
}

func TestAnOperatorIsNoUser(t *testing.T) {
	version := domain.Version[domain.Doctor]{Number: 1, By: domain.Author{Role: domain.Operator}, Change: domain.Deleted}
	got, err := json.Marshal(showVersion(showDoctor)(domain.Revision[domain.Doctor]{Version: version}).By)
	require.NoError(t, err)
	assert.JSONEq(t, `{"user":null,"role":"OPERATOR"}`, string(got))
	got, err = json.Marshal(showDeletion(version).By)
	require.NoError(t, err)
	assert.Equal(t, `null`, string(got))
}
