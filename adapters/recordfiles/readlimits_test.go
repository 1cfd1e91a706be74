package recordfiles_test

import (
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/recordfiles"
)

// endless is a file that begins with a text and then repeats another one without end.
type endless struct{ start, repeated string }

// ReadAt implements io.ReaderAt.
func (f endless) ReadAt(p []byte, offset int64) (int, error) {
	n := 0
	if offset < int64(len(f.start)) {
		n = copy(p, f.start[offset:])
	}
	for n < len(p) {
		at := (offset + int64(n) - int64(len(f.start))) % int64(len(f.repeated))
		n += copy(p[n:], f.repeated[at:])
	}
	return n, nil
}

// TestARowThatNeverEndsIsRefusedInLittleMemory also shows that reading stops at the limit.
func TestARowThatNeverEndsIsRefusedInLittleMemory(t *testing.T) {
	for name, file := range map[string]struct {
		file io.ReaderAt
		want string
	}{
		"a header":           {endless{"", "a"}, "line 1: the line with the names of the columns is longer than 64 KiB"},
		"many columns":       {endless{"", "a,"}, "line 1: the line with the names of the columns is longer than 64 KiB"},
		"a header of quotes": {endless{"\"", "\n"}, "line 1"},
		"a cell":             {endless{"name\nA\n", "a"}, "line 3: the row is longer than 8 MiB"},
		"a cell in quotes":   {endless{"name\nA\n\"", "a\n"}, "line 3: the row is longer than 8 MiB"},
		"quotes":             {endless{"name\nA\n\"", "\"\""}, "line 3: the row is longer than 8 MiB"},
		"cells":              {endless{"name,address\nA\n", ","}, "line 3: the row has more than 10000 cells"},
		"blank lines":        {io.NewSectionReader(endless{"name\n", "\n"}, 0, 8<<20), ""},
		"a JSON object":      {endless{"{", "  "}, "line 1: the line is longer than 8 MiB"},
		"a JSON text":        {endless{"{\"name\": \"A\"}\n{\"name\":\"", "a"}, "line 2: the line is longer than 8 MiB"},
		"deep JSON":          {endless{"", "{\"a\":"}, "line 1: the line is longer than 8 MiB"},
		"JSON names":         {strings.NewReader(manyNames()), "line 2: the objects have more than 10000 different names"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := recordfiles.OpenPatients(t.Context(), file.file, recordfiles.Options{})
			runtime.ReadMemStats(&after)
			if file.want == "" {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.Contains(t, err.Error(), file.want)
			}
			assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<20), "bytes that were ever allocated")
		})
	}
}

// manyNames returns an object with more names than a file can have.
func manyNames() string {
	var text bytes.Buffer
	text.WriteString("{\"name\":\"A\"}\n{")
	for i := range 20_000 {
		if i > 0 {
			text.WriteByte(',')
		}
		text.WriteString("\"" + strings.Repeat("a", i%7) + string(rune('Ā'+i)) + "\":1")
	}
	text.WriteString("}\n")
	return text.String()
}

func TestTheLongestTextsAreRead(t *testing.T) {
	text := strings.Repeat(`"`, 1<<20)
	quoted := strings.Repeat(`"`, 2<<20)
	rows := readPatients(t, "name,address,medical_record\nA,\""+quoted+"\",\""+quoted+"\"\n", recordfiles.Options{})
	require.Len(t, rows, 1)
	assert.Equal(t, text, rows[0].Input.Address.Text())
	assert.Equal(t, text, rows[0].Input.MedicalRecord.Text())
}

// FuzzRead shows that a file of any bytes is read or refused, and that its rows lie in it.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"name,email\nA,\n", "sep=;\r\nname;email\r\n\"A\r\nB\";\r\n", "name\rA\r", "\xff\xfen\x00", "{\"name\":\"A\",\"b\":{\"c\":null}}\n", "\ufeffimport_line,name,import_reason\n1,A,x,y\n",
		"id,name,store,voided\n7,'=A,0123456789abcdef0123456789abcdef,1\n", "name,date_of_birth,gender,phone_number\nA,1.2.1990,w,1E+11\n",
	} {
		f.Add([]byte(text), "", "DD.MM.YYYY", "name={name}")
		f.Add([]byte(text), "shift_jis", "", "address={{{name}")
	}
	f.Fuzz(func(t *testing.T, content []byte, encoding, dates, template string) {
		options := recordfiles.Options{Encoding: encoding, DateFormat: dates, Map: []string{template}, Values: []string{template}}
		file, err := recordfiles.OpenPatients(t.Context(), bytes.NewReader(content), options)
		if err != nil {
			options = recordfiles.Options{}
			if file, err = recordfiles.OpenPatients(t.Context(), bytes.NewReader(content), options); err != nil {
				return
			}
		}
		var refused bytes.Buffer
		writer := file.Refused(&refused)
		last, count := 0, 0
		for row, err := range file.Rows(t.Context()) {
			require.NoError(t, err, "the file was read to its end before")
			require.Greater(t, row.Line, last)
			require.LessOrEqual(t, row.Line, 1+bytes.Count(content, []byte("\n"))+bytes.Count(content, []byte("\r")))
			last = row.Line
			count++
			require.NoError(t, writer.Write(row.Line, row.Cells, "reason"))
		}
		require.Equal(t, file.Count, count)
		require.NoError(t, writer.Flush())
		if count == 0 {
			return
		}
		again, err := recordfiles.OpenPatients(t.Context(), bytes.NewReader(refused.Bytes()), options)
		require.NoError(t, err, "%q", refused.String())
		require.Equal(t, file.Count, again.Count, "%q", refused.String())
	})
}
