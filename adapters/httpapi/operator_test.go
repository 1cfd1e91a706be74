package httpapi

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAnOperatorHasNoUser(t *testing.T) {
	version := domain.Version[domain.Doctor]{Number: 1, Author: domain.Author{Role: domain.Operator}, Change: domain.Deleted}
	got, err := json.Marshal(showVersion(domain.VersionView[domain.Doctor]{Version: version}).By)
	require.NoError(t, err)
	assert.JSONEq(t, `{"user":null,"role":"OPERATOR"}`, string(got))
	got, err = json.Marshal(showDeleted(version))
	require.NoError(t, err)
	assert.Contains(t, string(got), `"deleted_by":null`)
}
