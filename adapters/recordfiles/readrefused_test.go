package recordfiles_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"example.com/healthcare/adapters/recordfiles"
)

// refuseAll returns the file of refused rows in which all rows of a file are.
func refuseAll(t *testing.T, text string, options recordfiles.Options) string {
	t.Helper()
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), options)
	require.NoError(t, err)
	var refused strings.Builder
	writer := file.Refused(&refused)
	for _, row := range rowsOf(t, file.Rows) {
		require.NoError(t, writer.Write(row.Line, row.Cells, "because; \"so\""))
	}
	require.NoError(t, writer.Flush())
	return refused.String()
}

// TestRefusedRowsCanBeReadAgainWithTheSameOptions refuses all rows, twice.
func TestRefusedRowsCanBeReadAgainWithTheSameOptions(t *testing.T) {
	macintosh, err := charmap.Macintosh.NewEncoder().String("Name;Vorname;Notiz;Geb.-Datum\rNg;Zoë;\"1\n2\";5.1.1990\rB;;;;zu viel\r")
	require.NoError(t, err)
	for name, file := range map[string]struct {
		text    string
		options recordfiles.Options
		want    string
	}{
		"CSV": {
			macintosh, recordfiles.Options{Encoding: "macintosh", DateFormat: "DD.MM.YYYY", Map: []string{"medical_record={Notiz}"}},
			"\ufeffimport_line;import_reason;Name;Vorname;Notiz;Geb.-Datum\n" +
				"2;\"because; \"\"so\"\"\";Ng;Zoë;\"1\n2\";5.1.1990\n" +
				"4;\"because; \"\"so\"\"\";B;;;;zu viel\n",
		},
		"an export": {
			"id,name,store\n7,'=A,0123456789abcdef0123456789abcdef\n", recordfiles.Options{},
			"\ufeffimport_line,import_reason,id,name,store\n2,\"because; \"\"so\"\"\",7,'=A,0123456789abcdef0123456789abcdef\n",
		},
		"NDJSON": {
			"{\"name\": \"A\", \"gender\": null, \"a\": {\"b\": [1.0]}}\n", recordfiles.Options{},
			`{"import_line":1,"import_reason":"because; \"so\"","name":"A","gender":null,"a":{"b":[1.0]}}` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			refused := refuseAll(t, file.text, file.options)
			assert.Equal(t, file.want, refused)

			before, after := readPatients(t, file.text, file.options), readPatients(t, refused, file.options)
			require.Len(t, after, len(before))
			for i := range before {
				assert.Equal(t, before[i].Input, after[i].Input)
				assert.Equal(t, before[i].ID, after[i].ID)
				assert.Equal(t, before[i].Err, after[i].Err)
			}
			again, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(refused), file.options)
			require.NoError(t, err)
			assert.NotContains(t, again.Ignored, "import_reason")
			assert.Equal(t, strings.Count(refused, "import_reason"), strings.Count(refuseAll(t, refused, file.options), "import_reason"))
		})
	}
}

func TestAFileWithoutRefusedRowsIsEmpty(t *testing.T) {
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader("name\nA\n"), recordfiles.Options{})
	require.NoError(t, err)
	var refused strings.Builder
	require.NoError(t, file.Refused(&refused).Flush())
	assert.Empty(t, refused.String())
}
