package main_test

import (
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

func TestTheCommandOpenAPIPrintsTheDocument(t *testing.T) {
	file, err := os.ReadFile("../../adapters/httpapi/openapi.yaml")
	require.NoError(t, err)
	code, stdout, stderr := healthcare.Run(t.Context(), nil, "openapi")
	require.Zero(t, code, stderr)
	assert.Equal(t, string(file), stdout)
	assert.Empty(t, stderr)

	code, asJSON, stderr := healthcare.Run(t.Context(), nil, "openapi", "--json")
	require.Zero(t, code, stderr)
	var texts [2]string
	for i, text := range []string{stdout, asJSON} {
		document, err := openapi3.NewLoader().LoadFromData([]byte(text))
		require.NoError(t, err)
		marshalled, err := document.MarshalJSON()
		require.NoError(t, err)
		texts[i] = string(marshalled)
	}
	assert.JSONEq(t, texts[0], texts[1])
	assert.Regexp(t, `^{"openapi":`, asJSON)
	assert.Regexp(t, `}\n$`, asJSON)
}
