package recordfiles_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/domain"
)

// valueOf reads a file with one row and returns one field of the patient, or the error of the
// row.
func valueOf(t *testing.T, column, cell, field string, options recordfiles.Options) string {
	t.Helper()
	rows := readPatients(t, "name;"+column+"\nA;\""+strings.ReplaceAll(cell, `"`, `""`)+"\"\n", options)
	require.Len(t, rows, 1)
	require.NoError(t, rows[0].Err)
	patient, err := domain.NewPatient(rows[0].Input, domain.Actor{UserID: 1}, now)
	if err != nil {
		assert.Contains(t, err.Error(), field)
		return err.Error()
	}
	for _, f := range patient.Fields() {
		if f.Name == field {
			return fmt.Sprint(f.Value)
		}
	}
	t.Fatalf("no field %s", field)
	return ""
}

func TestDates(t *testing.T) {
	for _, date := range []struct{ format, cell, want string }{
		{"", "1990-01-05", "1990-01-05"},
		{"", "1990-1-5", "1990-01-05"},
		{"", "1990-01-05 00:00:00", "1990-01-05"},
		{"", "1990-01-05 00:00:00.000", "1990-01-05"},
		{"", "1990-01-05T00:00:00Z", "1990-01-05"},
		{"", "1990-01-05T00:00:00+0000", "1990-01-05"},
		{"", "1990-01-05T00:00:00+07:00", "1990-01-05"},
		{"", "1990-01-04T23:00:00Z", "time other than midnight"},
		{"", "05.01.1990", "--date-format DD.MM.YYYY"},
		{"", "03/04/1990", "--date-format"},
		{"", "32878", "number of a day"},
		{"", "1990-02-30", "no such day"},
		{"", "3090-01-01", "future"},
		{"", " ", "<nil>"},
		{"DD.MM.YYYY", "05.01.1990", "1990-01-05"},
		{"dd.mm.yyyy", "5.1.1990", "1990-01-05"},
		{"DD.MM.YYYY", " 05. 01. 1990 ", "1990-01-05"},
		{"DD.MM.YYYY", "05.01.1990 00:00", "1990-01-05"},
		{"DD.MM.YYYY", "1990-01-05", "1990-01-05"},
		{"DD.MM.YYYY", "31.02.1990", "no such day"},
		{"DD.MM.YYYY", "05/01/1990", "neither as --date-format says"},
		{"DD.MM.YYYY", "05.01.90", "neither as --date-format says"},
		{"MM/DD/YYYY", "03/04/1990", "1990-03-04"},
		{"MM/DD/YYYY", "3/4/1990 12:00:00 AM", "1990-03-04"},
		{"DD/MM/YYYY", "03/04/1990", "1990-04-03"},
		{"YYYYMMDD", "19900105", "1990-01-05"},
		{"D MMM YYYY", "5 March 1990", "1990-03-05"},
		{"DD-MMM-YYYY", "05-Dez-1990", "1990-12-05"},
		{"DD. MMM YYYY", "5. März 1990", "1990-03-05"},
		{"MMM D, YYYY", "Sept. 7, 1990", "1990-09-07"},
		{"D MMM YYYY", "5 Foo 1990", "neither as --date-format says"},
		{"YYYY年M月D日", "1990年1月5日", "1990-01-05"},
	} {
		got := valueOf(t, "date_of_birth", date.cell, "date_of_birth", recordfiles.Options{DateFormat: date.format})
		assert.Contains(t, got, date.want, "%q in %q", date.cell, date.format)
		if date.cell != " " && len(date.want) > 10 {
			assert.NotContains(t, got, date.cell, "an error repeats no value")
		}
	}
	for _, format := range []string{"DD.MM.YY", "DD.MM", "DD.MM.MM", "DD.DD.YYYY", "TT.MM.JJJJ", "%d.%m.%Y", "YYYYYYYY", "DDMM.YYYY", "DD.MM.YYYY.DD", "YYYY", "."} {
		assert.Contains(t, openError(t, "name\nA\n", recordfiles.Options{DateFormat: format}), "--date-format", format)
	}
}

func TestGenders(t *testing.T) {
	for cell, want := range map[string]string{
		"F": "F", "female": "F", " Weiblich ": "F", "w": "F", "frau": "F",
		"M": "M", "MALE": "M", "männlich": "M", "ma\u0308nnlich": "M",
		"O": "O", "other": "O", "divers": "O",
		"unknown": "<nil>", "unbekannt": "<nil>", "": "<nil>",
		"1": "--value gender:WORD=F", "x": "--value gender:WORD=F",
	} {
		assert.Contains(t, valueOf(t, "Geschlecht", cell, "gender", recordfiles.Options{}), want, cell)
	}
	own := recordfiles.Options{Values: []string{"gender:1=M", "gender:2=weiblich", "gender:F=", "phone_number:k.A.=", "phone_number:a=b=112"}}
	assert.Equal(t, "M", valueOf(t, "sex", "1", "gender", own))
	assert.Equal(t, "F", valueOf(t, "sex", "2", "gender", own))
	assert.Equal(t, "<nil>", valueOf(t, "sex", "f", "gender", own))
	assert.Empty(t, valueOf(t, "Telefon", "K.A.", "phone_number", own))
	assert.Equal(t, "112", valueOf(t, "Telefon", "A=B", "phone_number", own))
}

func TestPhoneAndOtherNumbers(t *testing.T) {
	for cell, want := range map[string]string{
		" +49 30 / 1234-56 ": "+49 30 / 1234-56",
		"(030) 12.34.56":     "(030) 12.34.56",
		"'+49301234":         "+49301234",
		"491701234567.0":     "491701234567",
		"4,91701E+11":        "A spreadsheet has shortened",
		"4.91701E+11":        "A spreadsheet has shortened",
		"030 1234 ext. 5":    "Enter a valid phone number",
		"NULL":               "Enter a valid phone number",
	} {
		assert.Contains(t, valueOf(t, "Telefon", cell, "phone_number", recordfiles.Options{}), want, cell)
	}
	for cell, want := range map[string]string{
		"007": "007", "123.0": "123", "1.5": "1.5", "9.87E+12": "A spreadsheet has shortened", "'=1": "=1", "'t Hooft": "'t Hooft",
	} {
		assert.Contains(t, valueOf(t, "MRN", cell, "external_id", recordfiles.Options{}), want, cell)
	}
}

func TestAmounts(t *testing.T) {
	for _, amount := range []struct {
		comma      bool
		cell, want string
	}{
		{false, "1234.5", "1234.50"},
		{false, "1.234,50", "--decimal-comma"},
		{false, "1,234.50", "without other commas"},
		{true, "1.234,50", "1234.50"},
		{true, "1234", "1234.00"},
		{true, "1.234", "1234.00"},
		{true, "1234,5", "1234.50"},
		{true, "1234.50", "Not an amount with a decimal comma"},
		{true, "1.234,50 €", "Not an amount with a decimal comma"},
	} {
		file, err := recordfiles.OpenDoctors(t.Context(), strings.NewReader("Arzt;Fachrichtung;LANR;Gehalt\nA;B;C;"+amount.cell+"\n"), recordfiles.Options{DecimalComma: amount.comma})
		require.NoError(t, err)
		doctor, err := domain.NewDoctor(rowsOf(t, file.Rows)[0].Input, now)
		got := doctor.Salary.String()
		if err != nil {
			got = err.Error()
		}
		assert.Contains(t, got, amount.want, amount.cell)
	}
}

func TestBlankCellsAreAbsentAndNullsClear(t *testing.T) {
	rows := readPatients(t, "name,address,email\nA, \u00a0,\n", recordfiles.Options{})
	assert.Equal(t, domain.PatientInput{Name: domain.Given("A")}, rows[0].Input)

	rows = readPatients(t, `{"name":"A","gender":null,"address":"","phone_number":491701234567,"email":["a"]}`+"\n"+`{"name":"B"}`, recordfiles.Options{})
	assert.Equal(t, domain.PatientInput{
		Name: domain.Given("A"), Gender: domain.Given(""), Address: domain.Given(""), Phone: domain.Given("491701234567"),
		Email: domain.Unreadable("Not a valid string."),
	}, rows[0].Input)
	assert.Equal(t, domain.PatientInput{Name: domain.Given("B")}, rows[1].Input)
}

func TestTemplates(t *testing.T) {
	for _, template := range []struct{ template, row, want string }{
		{"{A} {B} {C}", "x,y,z", "x y z"},
		{"{A} {B} {C}", "x,,z", "x z"},
		{"{A} {B} {C}", ",,z", "z"},
		{"{A}, {B} {C}", "x,y,z", "x, y z"},
		{"{A}, {B} {C}", "x,,z", "x, z"},
		{"{A}, {B} {C}", ",y,z", "y z"},
		{"{A}, {B} {C}", "x,,", "x"},
		{"Dr. {A}{B}", "x,y,", "Dr. xy"},
		{"{a} (\"{{b}}\")", "x,y,", `x ("{b}")`},
		{"fixed", "x,y,z", "fixed"},
	} {
		assert.Equal(t, []string{template.want}, namesOf(t, "A,B,C\n"+template.row+"\n", recordfiles.Options{Map: []string{"name=" + template.template}}), "%+v", template)
	}
	rows := readPatients(t, "name,A,B,email\nx,,,a@example.com\n", recordfiles.Options{Map: []string{"address=({A}, {B})", "email="}})
	assert.Equal(t, domain.PatientInput{Name: domain.Given("x")}, rows[0].Input, "what has no value is absent")
}

func TestNamesOfColumns(t *testing.T) {
	for header, want := range map[string]string{
		"Name;Vorname":          "b a",
		"Vorname;Name":          "a b",
		"Nachname;Vorname":      "b a",
		"FIRST_NAME;Last-Name":  "a b",
		"Given Name;Surname":    "a b",
		"Vorname;Nachname;Name": "c",
		"First Name;Name":       "b",
		"Patienten-Nr.;Name":    "b",
		"full name;DOB":         "a",
	} {
		cells := "a;b;c"[:2*strings.Count(header, ";")+1]
		rows := readPatients(t, header+"\n"+cells+"\n", recordfiles.Options{})
		assert.Equal(t, want, rows[0].Input.Name.Text(), header)
	}
}

func TestNullClearsEveryFieldThatCanBeEmpty(t *testing.T) {
	stored, err := domain.NewPatient(domain.PatientInput{
		Name: domain.Given("A"), DateOfBirth: domain.Given("1990-01-05"), Phone: domain.Given("020 79"), Gender: domain.Given("F"), Address: domain.Given("B"),
		MedicalRecord: domain.Given("C"), Email: domain.Given("a@example.com"), ExternalID: domain.Given("7"),
	}, domain.Actor{UserID: 1}, now)
	require.NoError(t, err)
	rows := readPatients(t, `{"date_of_birth":null,"phone_number":null,"gender":null,"address":null,"medical_record":null,"email":null,"external_id":null,"name":"A"}`, recordfiles.Options{})
	changed, err := stored.Change(rows[0].Input, now)
	require.NoError(t, err)
	assert.Equal(t, domain.Patient{Name: stored.Name, CreatedBy: 1}, changed)

	rows = readPatients(t, `{"name":null}`, recordfiles.Options{})
	_, err = stored.Change(rows[0].Input, now)
	require.ErrorContains(t, err, "name: This field may not be null.")
}
