package httpapi

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAnOperatorIsNoUser(t *testing.T) {
	version := domain.Version[domain.Doctor]{Number: 1, By: domain.Author{Role: domain.Operator}, Change: domain.Deleted}
	got, err := json.Marshal(showVersion(showDoctor)(domain.Revision[domain.Doctor]{Version: version}).By)
	require.NoError(t, err)
	assert.JSONEq(t, `{"user":null,"role":"OPERATOR"}`, string(got))
	got, err = json.Marshal(showDeletion(version).By)
	require.NoError(t, err)
	assert.Equal(t, `null`, string(got))
}
