package recordfiles_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/recordfiles"
)

// BenchmarkRead reads a file of 100,000 patients, as an import does: once to open it, and
// then its rows.
func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	text.WriteString("id;external_id;Vorname;Name;Geburtsdatum;Geschlecht;Telefon;Adresse;E-Mail;Notizen\r\n")
	for i := range 100_000 {
		fmt.Fprintf(&text, "%d;P%07d;Jürgen %d;Müller;%02d.%02d.1980;weiblich;+49 30 %07d;\"Straße %d, Berlin\";a%d@example.com;\"viel Text, der hier steht\"\r\n",
			i, i, i, i%28+1, i%12+1, i, i, i)
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		reader, err := recordfiles.OpenPatients(b.Context(), strings.NewReader(text.String()), recordfiles.Options{DateFormat: "DD.MM.YYYY"})
		require.NoError(b, err)
		rows := 0
		for row, err := range reader.Rows(b.Context()) {
			require.NoError(b, err)
			require.NoError(b, row.Err)
			rows++
		}
		require.Equal(b, 100_000, rows)
	}
}
