package httpapi

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestYAMLBecomesJSONWithItsOrderAndItsDates(t *testing.T) {
	got, err := yamlToJSON([]byte("z: 2026-11-26\na: [2026-11-26T10:00:00Z, '7', 7, 9223372036854775807, 1.5, true, null, ~]\n200: {yes: \"<é>\"}\n"))
	require.NoError(t, err)
	assert.Equal(t, `{"z":"2026-11-26","a":["2026-11-26T10:00:00Z","7",7,9223372036854775807,1.5,true,null,null],"200":{"yes":"<é>"}}`, string(got))
	for _, bad := range []string{"a: &x 1\nb: *x\n", "a: [", "a: 1\na: 2\n"} {
		_, err := yamlToJSON([]byte(bad))
		assert.Error(t, err, bad)
	}
}

// The beginning of a YAML document can be valid YAML, so a client needs Content-Length to
// notice that the rest is missing.
func TestACutOffOpenAPIDocumentIsNoticeablyIncomplete(t *testing.T) {
	resp, body := overHTTP10(t, serveOne(io.Discard, sendYAML), "")
	assert.Equal(t, int64(len(openAPI)), resp.ContentLength)
	assert.Equal(t, string(openAPI), body)
	resp, body = overHTTP10(t, serveOne(io.Discard, sendJSON), "")
	assert.Equal(t, int64(len(body)), resp.ContentLength)
}
