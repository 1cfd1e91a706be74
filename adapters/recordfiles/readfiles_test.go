package recordfiles_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// TestASyntheaFileOfPatients has the columns of Synthea's patients.csv.
func TestASyntheaFileOfPatients(t *testing.T) {
	text := "Id,BIRTHDATE,DEATHDATE,SSN,PREFIX,FIRST,LAST,SUFFIX,MARITAL,GENDER,BIRTHPLACE,ADDRESS,CITY,STATE,ZIP,LAT\n" +
		"3edac2e3,2014-10-06,,999-17-5017,,Maynard46,Mosciski958,,,M,Boston  Massachusetts  US,784 Stamm Lock Unit 46,Somerville,Massachusetts,02155,42.36\n" +
		"9d188916,1976-07-25,1999-01-01,999-50-8136,Mrs.,Zoë84,Schmidt332,,M,F,Duxbury  Massachusetts  US,171 Kemmer Neck,Mashpee,Massachusetts,,41.65\n"
	patients := patientsOf(t, text, recordfiles.Options{Map: []string{"external_id={Id}", "address={ADDRESS}, {CITY}, {STATE} {ZIP}", "name={PREFIX} {FIRST} {LAST}"}})
	require.Len(t, patients, 2)
	assert.Equal(t, "Maynard46 Mosciski958", patients[0].Name.String())
	assert.Equal(t, "2014-10-06", patients[0].DateOfBirth.String())
	assert.Equal(t, "784 Stamm Lock Unit 46, Somerville, Massachusetts 02155", patients[0].Address.String())
	assert.Equal(t, "Mrs. Zoë84 Schmidt332", patients[1].Name.String())
	assert.Equal(t, "171 Kemmer Neck, Mashpee, Massachusetts", patients[1].Address.String())
	assert.Equal(t, "9d188916", patients[1].ExternalID.String())
	assert.Equal(t, "F", patients[1].Gender.String())
}

// TestFilesOfDoctors has the columns of Synthea's providers.csv and of an extract of NPPES.
func TestFilesOfDoctors(t *testing.T) {
	synthea := "Id,ORGANIZATION,NAME,GENDER,SPECIALITY,ADDRESS,CITY,STATE,ZIP,UTILIZATION\n" +
		"0f4db68f-7743-3960-b373-4a47d811dec2,5e765f2b,Víctor493 Noriega353,M,GENERAL PRACTICE,211 PARK STREET,ATTLEBORO,MA,02703,46\n"
	nppes := "\"NPI\",\"Entity Type Code\",\"Provider Organization Name (Legal Business Name)\",\"Provider Last Name (Legal Name)\",\"Provider First Name\",\"Healthcare Provider Taxonomy Code_1\",\"Provider License Number_1\"\r\n" +
		"\"1003000126\",\"1\",\"\",\"ENKESHAFI\",\"ARDALAN\",\"207R00000X\",\"D0073513\"\r\n"
	_, err := recordfiles.OpenDoctors(t.Context(), strings.NewReader(synthea), recordfiles.Options{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "no column for license_number and none for salary")
	assert.Contains(t, err.Error(), `"SPECIALITY"`)
	_, err = recordfiles.OpenDoctors(t.Context(), strings.NewReader(nppes), recordfiles.Options{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "--map 'license_number={Provider License Number_1}'")

	for _, file := range []struct {
		text string
		maps []string
		want []domain.Field
	}{
		{synthea, []string{"license_number={Id}", "salary=0"}, []domain.Field{
			{Name: "name", Value: "Víctor493 Noriega353"},
			{Name: "joined_at", Value: "2026-11-26"},
			{Name: "specialization", Value: "GENERAL PRACTICE"},
			{Name: "license_number", Value: "0f4db68f-7743-3960-b373-4a47d811dec2"},
			{Name: "salary", Value: "0.00"},
		}},
		{nppes, []string{"name={Provider First Name} {Provider Last Name (Legal Name)}", "license_number={NPI}", "specialization={Healthcare Provider Taxonomy Code_1}", "salary=0"}, []domain.Field{
			{Name: "name", Value: "ARDALAN ENKESHAFI"},
			{Name: "joined_at", Value: "2026-11-26"},
			{Name: "specialization", Value: "207R00000X"},
			{Name: "license_number", Value: "1003000126"},
			{Name: "salary", Value: "0.00"},
		}},
	} {
		opened, err := recordfiles.OpenDoctors(t.Context(), strings.NewReader(file.text), recordfiles.Options{Map: file.maps})
		require.NoError(t, err)
		rows := rowsOf(t, opened.Rows)
		require.Len(t, rows, 1)
		doctor, err := domain.NewDoctor(rows[0].Input, now)
		require.NoError(t, err)
		assert.Equal(t, file.want, doctor.Fields())
	}
}

// TestAnOpenMRSInitializerFile has lists in cells, a column of void rows and columns that are
// about the file.
func TestAnOpenMRSInitializerFile(t *testing.T) {
	text := "\ufeff\"uuid\",\"Identifiers\",\"Given names\",\"Middle names\",\"Family names\",\"Gender\",\"Birthdate\",\"Date created\",\"Addresses\",\"Void/Retire\",\"_order:1000\"\n" +
		"\"86e140a6\",\"Old Number:0003:Xanadu;Other:1\",\"Ada,Augusta\",,\"King,Byron\",\"F\",1980-02-01,\"2019-01-10T00:00:00+0000\",\"cityVillage:London,address1:Bag End;country:UK\",,\n" +
		"\"a03e395c\",\"Old Number:0001:Xanadu\",\"ថា\",\"\",\"ចាន់\",\"M\",1979-3-1,,\"cityVillage:ភ្នំពេញ\",,\n" +
		"\"fbb1c87d\",,,,,,,,,TRUE,\n"
	options := recordfiles.Options{Map: []string{"external_id={uuid}", "name={Given names} {Middle names} {Family names}", "address={Addresses}"}}
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), options)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 1}, []int{file.Count, file.Voided})
	assert.Equal(t, []string{"Identifiers", "Date created", "_order:1000"}, file.Ignored)
	patients := patientsOf(t, text, options)
	assert.Equal(t, "Ada,Augusta King,Byron", patients[0].Name.String(), "a list in a cell is a text")
	assert.Equal(t, "cityVillage:London,address1:Bag End;country:UK", patients[0].Address.String())
	assert.Equal(t, "ថា ចាន់", patients[1].Name.String())
	assert.Equal(t, "1979-03-01", patients[1].DateOfBirth.String())
}

// TestNoRowOfAMessyFileIsRefused has 200 rows as a clinic's spreadsheet has them: German
// dates and words, empty cells, and phone numbers as people write them.
func TestNoRowOfAMessyFileIsRefused(t *testing.T) {
	dates := []string{"05.01.1990", "5.1.1990", "", "1990-01-05", "05.01.1990 00:00:00", " 31.12.1899"}
	genders := []string{"female", "weiblich", "W", "", "Männlich", "m", "divers", "unbekannt"}
	phones := []string{"0170 123 45 67", "030/1234567", "+49 (0)30 - 12 34", "", " 089.123456 ", "'+43 1 234"}
	var text strings.Builder
	text.WriteString("\ufeffNr;Name;Vorname;Geb.-Datum;Geschlecht;Telefon;Straße;PLZ;Ort;E-Mail\r\n")
	for i := range 200 {
		fmt.Fprintf(&text, "%d;\"Müller-Lüdenscheidt %d\";Zoë;%s;%s;%s;\"Lange Straße %d\";%s;Berlin;\r\n",
			i+1, i, dates[i%len(dates)], genders[i%len(genders)], phones[i%len(phones)], i, []string{"10115", ""}[i%2])
	}
	patients := patientsOf(t, text.String(), recordfiles.Options{DateFormat: "DD.MM.YYYY", Map: []string{"external_id={Nr}", "address={Straße}, {PLZ} {Ort}"}})
	require.Len(t, patients, 200)
	assert.Equal(t, "Zoë Müller-Lüdenscheidt 1", patients[1].Name.String())
	assert.Equal(t, "1990-01-05", patients[1].DateOfBirth.String())
	assert.Equal(t, "F", patients[1].Gender.String())
	assert.Equal(t, "Lange Straße 1, Berlin", patients[1].Address.String())
	assert.Equal(t, "200", patients[199].ExternalID.String())
}

func TestMappingsAreReadByTheirKeys(t *testing.T) {
	file, err := recordfiles.OpenMappings(t.Context(), strings.NewReader("Patientennummer;LANR\nP1;123.0\n"), recordfiles.Options{})
	require.NoError(t, err)
	assert.Equal(t, application.MappingKeys{PatientExternalID: domain.Given("P1"), DoctorLicenseNumber: domain.Given("123")}, rowsOf(t, file.Rows)[0].Input)

	_, err = recordfiles.OpenMappings(t.Context(), strings.NewReader("patient_id,doctor_id\n1,2\n"), recordfiles.Options{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "no column for patient_external_id and none for doctor_license_number")
}

// TestRowsOfAnExportAreNamedByStoreAndID compares rows of an export with others.
func TestRowsOfAnExportAreNamedByStoreAndID(t *testing.T) {
	store := domain.NewStoreID()
	text := "id,created_by,name,external_id,version,store\n" +
		"7,1,\"'=A\",7.0," + "1,patients:" + store.String() + "\n" +
		",,B,7.0,,\n" +
		"x,1,C,,1,patients:" + store.String() + "\n" +
		"9,1,D,,1,elsewhere\n"
	file, err := recordfiles.OpenPatients(t.Context(), strings.NewReader(text), recordfiles.Options{})
	require.NoError(t, err)
	assert.Empty(t, file.Ignored)
	rows := rowsOf(t, file.Rows)
	require.Len(t, rows, 4)
	assert.Equal(t, []any{store, domain.ID(7), "=A", "7.0"}, []any{rows[0].Store, rows[0].ID, rows[0].Input.Name.Text(), rows[0].Input.ExternalID.Text()})
	assert.Equal(t, []any{domain.StoreID{}, domain.ID(0), "7"}, []any{rows[1].Store, rows[1].ID, rows[1].Input.ExternalID.Text()}, "a row that was added")
	require.Error(t, rows[2].Err)
	assert.Contains(t, rows[2].Err.Error(), "id")
	require.Error(t, rows[3].Err)
	assert.Contains(t, rows[3].Err.Error(), "store")

	file, err = recordfiles.OpenPatients(t.Context(), strings.NewReader("id,name,store\n7,A,Main Street\n"), recordfiles.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"id", "store"}, file.Ignored, "a store that is a shop")
	assert.Equal(t, domain.ID(0), rowsOf(t, file.Rows)[0].ID)

	mappings, err := recordfiles.OpenMappings(t.Context(), strings.NewReader(
		`{"id":3,"patient":{"id":7,"name":"A"},"doctor":{"id":8,"name":"B"},"assigned_at":"x","version":1,"store":"mappings:`+store.String()+`"}`), recordfiles.Options{})
	require.NoError(t, err)
	assert.Empty(t, mappings.Ignored)
	row := rowsOf(t, mappings.Rows)[0]
	assert.Equal(t, domain.ID(3), row.ID)
	assert.Equal(t, application.MappingKeys{Patient: domain.Given("7"), Doctor: domain.Given("8")}, row.Input)

	mappings, err = recordfiles.OpenMappings(t.Context(), strings.NewReader("id,patient_id,patient_external_id,doctor_id,doctor_license_number,store\n"+
		"3,7,P7,8,L8,mappings:"+store.String()+"\n,70,P70,80,L80,\n"), recordfiles.Options{})
	require.NoError(t, err)
	assert.Equal(t, application.MappingKeys{PatientExternalID: domain.Given("P70"), DoctorLicenseNumber: domain.Given("L80")}, rowsOf(t, mappings.Rows)[1].Input,
		"an id counts only with its store")
}
