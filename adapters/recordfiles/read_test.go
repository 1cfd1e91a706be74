package recordfiles_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// readPatients returns the rows of a file.
func readPatients(t *testing.T, text string, options recordfiles.Options) []application.ImportRow[domain.PatientInput] {
	t.Helper()
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), options)
	require.NoError(t, err)
	return rowsOf(t, file.Rows)
}

func rowsOf[In any](t *testing.T, rows application.ImportRows[In]) (read []application.ImportRow[In]) {
	t.Helper()
	for row, err := range rows(t.Context()) {
		require.NoError(t, err)
		read = append(read, row)
	}
	return read
}

// patientsOf returns the patients that a file makes, none of which is refused.
func patientsOf(t *testing.T, text string, options recordfiles.Options) (patients []domain.Patient) {
	t.Helper()
	for _, row := range readPatients(t, text, options) {
		require.NoError(t, row.Err, "line %d", row.Line)
		patient, err := domain.NewPatient(row.Input, domain.Actor{UserID: 1}, now)
		require.NoError(t, err, "line %d", row.Line)
		patients = append(patients, patient)
	}
	return patients
}

// namesOf returns the names of the patients that a file makes.
func namesOf(t *testing.T, text string, options recordfiles.Options) (names []string) {
	t.Helper()
	for _, patient := range patientsOf(t, text, options) {
		names = append(names, patient.Name.String())
	}
	return names
}

// openError returns the text of the error with which a file of patients is refused.
func openError(t *testing.T, text string, options recordfiles.Options) string {
	t.Helper()
	_, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), options)
	require.Error(t, err)
	require.Equal(t, domain.Invalid, domain.KindOf(err), "%v", err)
	return err.Error()
}

func TestFilesOfAnyDialectAreRead(t *testing.T) {
	utf16 := func(text string, order unicode.Endianness) string {
		encoded, err := unicode.UTF16(order, unicode.UseBOM).NewEncoder().String(text)
		require.NoError(t, err)
		return encoded
	}
	encoded := func(charset *charmap.Charmap, text string) string {
		encoded, err := charset.NewEncoder().String(text)
		require.NoError(t, err)
		return encoded
	}
	for name, file := range map[string]struct {
		text    string
		options recordfiles.Options
		want    []string
	}{
		"comma and LF":                  {"name,email\nZoë,\nJürgen,\n", recordfiles.Options{}, []string{"Zoë", "Jürgen"}},
		"no line end at the end":        {"name,email\nZoë,\nJürgen,", recordfiles.Options{}, []string{"Zoë", "Jürgen"}},
		"one column":                    {"name\r\nZoë\r\nJürgen\r\n", recordfiles.Options{}, []string{"Zoë", "Jürgen"}},
		"semicolon and CRLF":            {"name;email\r\nZoë;\r\n", recordfiles.Options{}, []string{"Zoë"}},
		"tab":                           {"name\temail\nZoë\t\n", recordfiles.Options{}, []string{"Zoë"}},
		"commas in a header in quotes":  {"\"name\";\"notes, a, b, c\"\nZoë;x\n", recordfiles.Options{}, []string{"Zoë"}},
		"as many commas as semicolons":  {"name;notes, other\nZoë;x\n", recordfiles.Options{}, []string{"Zoë"}},
		"Excel's line sep=":             {"sep=;\r\nname;email\r\nZoë;\r\n", recordfiles.Options{}, []string{"Zoë"}},
		"sep= in quotes":                {"\"sep=,\"\nname,a;b;c\nZoë,\n", recordfiles.Options{}, []string{"Zoë"}},
		"a byte order mark":             {"\ufeffname,email\nZoë,\n", recordfiles.Options{}, []string{"Zoë"}},
		"UTF-16, little-endian":         {utf16("name\temail\r\nចាន់ ថា\t\r\n", unicode.LittleEndian), recordfiles.Options{}, []string{"ចាន់ ថា"}},
		"UTF-16, big-endian":            {utf16("name\temail\r\nZoë\t\r\n", unicode.BigEndian), recordfiles.Options{}, []string{"Zoë"}},
		"UTF-16 without a mark":         {utf16("name\r\nZoë\r\n", unicode.LittleEndian)[2:], recordfiles.Options{Encoding: "utf-16le"}, []string{"Zoë"}},
		"Windows-1252":                  {encoded(charmap.Windows1252, "name\nZoë €\n"), recordfiles.Options{Encoding: "windows-1252"}, []string{"Zoë €"}},
		"Latin-1 and its euro":          {encoded(charmap.ISO8859_15, "name\nZoë €\n"), recordfiles.Options{Encoding: "ISO-8859-15"}, []string{"Zoë €"}},
		"Macintosh, lines end with CR":  {encoded(charmap.Macintosh, "name;email\rZoë;\rJürgen;\r"), recordfiles.Options{Encoding: "macintosh"}, []string{"Zoë", "Jürgen"}},
		"ASCII as Windows-1252":         {"name\nAda\n", recordfiles.Options{Encoding: "windows-1252"}, []string{"Ada"}},
		"a mark outdoes --encoding":     {"\ufeffname\nZoë\n", recordfiles.Options{Encoding: "windows-1252"}, []string{"Zoë"}},
		"blank lines and blank rows":    {"\n\r\n\nname,email\n\n,\nZoë,\n , \n\n", recordfiles.Options{}, []string{"Zoë"}},
		"mixed line ends":               {"name,email\r\nA,\nB,\rC,\r\n", recordfiles.Options{}, []string{"A", "B", "C"}},
		"rows with fewer cells":         {"name,email,address\nZoë\n", recordfiles.Options{}, []string{"Zoë"}},
		"more cells, all blank":         {"name,email\nZoë,,, ,\n", recordfiles.Options{}, []string{"Zoë"}},
		"a quote that is written twice": {"name\n\"Dwayne \"\"The Rock\"\" Johnson\"\n", recordfiles.Options{}, []string{`Dwayne "The Rock" Johnson`}},
		"a blank before a quote":        {"name, email\nA, \"\"\n\"B, C\", \"x@example.com\"\n", recordfiles.Options{}, []string{"A", "B, C"}},
		"empty cells between tabs":      {"email\tname\taddress\n\tZoë\t\n", recordfiles.Options{}, []string{"Zoë"}},
		"sep= and CR":                   {"sep=;\rname;address\rZoë;\"1\n2\"\r", recordfiles.Options{}, []string{"Zoë"}},
		"NDJSON":                        {"\n{\"name\": \"Zoë\"}\r\n\n{\"email\": \"\", \"name\": \"J\\u00fcrgen\"}", recordfiles.Options{}, []string{"Zoë", "Jürgen"}},
		"NDJSON with a mark":            {"\ufeff{\"name\": \"Zoë\"}\n", recordfiles.Options{}, []string{"Zoë"}},
		"nested members":                {"{\"name\": {\"given\": \"Zoë\", \"family\": \"Ng\"}}\n", recordfiles.Options{Map: []string{"name={name.given} {name.family}"}}, []string{"Zoë Ng"}},
		"a Khmer name in OpenMRS":       {"\ufeffuuid,Void/Retire,Given names,Family names,_order:1000\nu1,,ថា,ចាន់,\nu2,TRUE,,,\n", recordfiles.Options{Map: []string{"name={Family names} {Given names}", "external_id={uuid}"}}, []string{"ចាន់ ថា"}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, file.want, namesOf(t, file.text, file.options))
		})
	}
}

func TestFilesThatCannotBeReadAreRefusedWithARemedy(t *testing.T) {
	for name, file := range map[string]struct {
		text    string
		options recordfiles.Options
		want    []string
	}{
		"empty":                       {"", recordfiles.Options{}, []string{"line 1", "the file is empty"}},
		"only a mark":                 {"\ufeff\n\n", recordfiles.Options{}, []string{"the file is empty"}},
		"Latin-1 as UTF-8":            {"name,address\nA,\"1\n2\nZo\xeb\"\n", recordfiles.Options{}, []string{"line 4", "not UTF-8", "--encoding windows-1252"}},
		"Latin-1 in NDJSON":           {"{\"name\": \"A\"}\n{\"name\": \"Zo\xeb\"}\n", recordfiles.Options{}, []string{"line 2", "not UTF-8"}},
		"not that encoding":           {"name\nZo\xff\xff\n", recordfiles.Options{Encoding: "euc-jp"}, []string{"line 2", "not euc-jp"}},
		"UTF-8 as Windows-1252":       {"name\nZoë\n", recordfiles.Options{Encoding: "windows-1252"}, []string{"the file is UTF-8", "Leave out --encoding"}},
		"a long text of UTF-8":        {"name\n" + strings.Repeat("Zoë\n", 100_000), recordfiles.Options{Encoding: "macintosh"}, []string{"the file is UTF-8"}},
		"NUL bytes":                   {"name\nA\nB\x00\n", recordfiles.Options{}, []string{"line 3", "NUL", "--encoding utf-16le"}},
		"UTF-16 without a mark":       {"n\x00a\x00m\x00e\x00\n\x00", recordfiles.Options{}, []string{"line 1", "--encoding utf-16le"}},
		"a workbook":                  {"PK\x03\x04....", recordfiles.Options{}, []string{"workbook", "CSV UTF-8"}},
		"an unknown encoding":         {"name\n", recordfiles.Options{Encoding: "klingon"}, []string{"--encoding", "windows-1252"}},
		"a JSON array":                {" [{\"name\": \"A\"}]", recordfiles.Options{}, []string{"JSON array", "jq -c"}},
		"JSON over many lines":        {"{\n  \"name\": \"A\"\n}\n", recordfiles.Options{}, []string{"line 1", "one object"}},
		"a name twice in JSON":        {"{\"name\": \"A\", \"name\": \"B\"}\n", recordfiles.Options{}, []string{"line 1", "name twice"}},
		"two objects on a line":       {"{\"name\": \"A\"} {\"name\": \"B\"}\n", recordfiles.Options{}, []string{"line 1", "after the object"}},
		"two equal columns":           {"name,email,email\nA,,\n", recordfiles.Options{}, []string{"line 1", `two columns are named "email"`}},
		"two similar columns":         {"name,E-Mail,e mail\nA,,\n", recordfiles.Options{}, []string{"several columns can be email", "--map 'email={COLUMN}'"}},
		"an open quote":               {"name,email\nA,\n\"B,\nC,\n", recordfiles.Options{}, []string{"line 3", "not closed"}},
		"a quote in the header":       {"name,\"email\nA,\n", recordfiles.Options{}, []string{"line 1", "not closed"}},
		"a bare quote":                {"name,email\nA,\nB \"C\",\n", recordfiles.Options{}, []string{"line 3", "quote", "twice"}},
		"text after a quote":          {"name,email\nA,\n\"B\" C,\n", recordfiles.Options{}, []string{"line 3", "after the quote"}},
		"another delimiter":           {"sep=|\nname|email\n", recordfiles.Options{}, []string{"delimiter must be"}},
		"no column for the name":      {"Provider Last Name (Legal Name),Provider First Name\nA,B\n", recordfiles.Options{}, []string{"no column for name", `"Provider First Name"`, "--map 'name={Provider First Name} {Provider Last Name (Legal Name)}'"}},
		"a name with a quote and ESC": {"Patient's \x1b[2Jname in full name\nA\n", recordfiles.Options{}, []string{"--map 'name={Patient'\\''s \ufffd[2Jname in full name}'"}},
		"a template's column":         {"FIRST,LAST\nA,B\n", recordfiles.Options{Map: []string{"name={FIRST} {NAME}"}}, []string{`no column "NAME"`, `"FIRST", "LAST"`}},
		"a template's brace":          {"FIRST,LAST\nA,B\n", recordfiles.Options{Map: []string{"name={FIRST"}}, []string{"--map name", "brace"}},
		"a column without braces":     {"FIRST,LAST\nA,B\n", recordfiles.Options{Map: []string{"name=FIRST"}}, []string{"fixed text", "{FIRST}"}},
		"an unknown field":            {"name\nA\n", recordfiles.Options{Map: []string{"nmae={name}"}}, []string{"--map", "date_of_birth"}},
		"a field twice":               {"name\nA\n", recordfiles.Options{Map: []string{"name={name}", "name=B"}}, []string{"--map", "twice"}},
		"a required field left out":   {"name\nA\n", recordfiles.Options{Map: []string{"name="}}, []string{"--map name", "required", "name={COLUMN}"}},
		"a value of an empty cell":    {"name\nA\n", recordfiles.Options{Values: []string{"gender: =F"}}, []string{"--value", "--map gender=VALUE"}},
		"an unknown delimiter":        {"name|email\nA|\n", recordfiles.Options{}, []string{`"name|email"`, "separate them by commas, semicolons or tabs"}},
		"a value without a field":     {"name\nA\n", recordfiles.Options{Values: []string{"weiblich=F"}}, []string{"--value", "gender:weiblich=F"}},
	} {
		t.Run(name, func(t *testing.T) {
			message := openError(t, file.text, file.options)
			for _, want := range file.want {
				assert.Contains(t, message, want)
			}
		})
	}
}

func TestACellKeepsItsLineBreaksAndARowItsLine(t *testing.T) {
	rows := readPatients(t, "sep=,\r\nname,address\r\nA,\"1\r\n2\n3\r4\"\r\n\r\nB,\"x \"\"y\"\"\"\r\n", recordfiles.Options{})
	require.Len(t, rows, 2)
	assert.Equal(t, []int{3, 7}, []int{rows[0].Line, rows[1].Line})
	assert.Equal(t, "1\r\n2\n3\r4", rows[0].Input.Address.Text())
	assert.Equal(t, []string{"B", `x "y"`}, rows[1].Cells)

	rows = readPatients(t, "name,address\rA,\"1\n2\r3\"\rB,x\r", recordfiles.Options{})
	require.Len(t, rows, 2)
	assert.Equal(t, "1\n2\n3", rows[0].Input.Address.Text(), "in a file whose lines end with CR")
	assert.Equal(t, 5, rows[1].Line)
}

func TestARowWithMoreCellsThanColumnsIsRefusedAlone(t *testing.T) {
	rows := readPatients(t, "name,address\nA,1 Main St, Boston\nB,2\n", recordfiles.Options{})
	require.Len(t, rows, 2)
	require.Error(t, rows[0].Err)
	assert.Contains(t, rows[0].Err.Error(), "3 cells, but there are 2 columns")
	assert.NotContains(t, rows[0].Err.Error(), "Boston")
	assert.Equal(t, []string{"A", "1 Main St", "Boston"}, rows[0].Cells)
	require.NoError(t, rows[1].Err)
}

func TestVoidRowsAreLeftOutAndCounted(t *testing.T) {
	for _, column := range []string{"Void/Retire", "voided"} {
		file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader("name,"+column+",Retired\nA,,yes\nB,TRUE,\nC,0,\nD,maybe,\n"), recordfiles.Options{})
		require.NoError(t, err)
		assert.Equal(t, []int{3, 1}, []int{file.Count, file.Voided})
		assert.Equal(t, []string{"Retired"}, file.Ignored, "a retired patient is a patient")
		rows := rowsOf(t, file.Rows)
		require.Len(t, rows, 3)
		assert.Equal(t, "C", rows[1].Input.Name.Text())
		require.Error(t, rows[2].Err)
		assert.Contains(t, rows[2].Err.Error(), column)
	}
	ndjson, err := recordfiles.OpenPatients(t.Context(), strings.NewReader("{\"name\": \"A\"}\n{\"voided\": true, \"name\": \"B\"}\n{\"voided\": false, \"name\": \"C\"}\n"), recordfiles.Options{})
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1}, []int{ndjson.Count, ndjson.Voided})
}

func TestAFileSaysWhichOfItsColumnsAreRead(t *testing.T) {
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader("Id,FIRST,LAST,SSN,,Sex\n1,A,B,,,\n"), recordfiles.Options{Map: []string{"external_id={id}"}})
	require.NoError(t, err)
	assert.Equal(t, []recordfiles.FieldColumns{
		{Field: "name", Columns: []string{"FIRST", "LAST"}},
		{Field: "gender", Columns: []string{"Sex"}},
		{Field: "external_id", Columns: []string{"Id"}},
	}, file.Fields)
	assert.Equal(t, []string{"SSN"}, file.Ignored)
}

func TestReadingEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	file, err := recordfiles.OpenPatients(ctx, strings.NewReader("name\nA\nB\n"), recordfiles.Options{})
	require.NoError(t, err)
	cancel()
	for _, err := range file.Rows(ctx) {
		require.ErrorIs(t, err, context.Canceled)
	}
	_, err = recordfiles.OpenPatients(ctx, strings.NewReader("name\nA\n"), recordfiles.Options{})
	require.ErrorIs(t, err, context.Canceled)
}
