package recordfiles

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// Column says which columns of a file are read into a field.
type Column struct {
	// Field is the name of the field in the API. A column of this name is read into it.
	Field string
	// Names are further names of such a column. The first one that the file has is read.
	// Letter case, blanks and punctuation do not count.
	Names []string
	// Required is set if a file without such a column is refused.
	Required bool
	// values reads the cells. If it is nil, they are read as they are.
	values valueReader
}

// FirstNames and LastNames are the names of columns that are joined to the field name if no
// column has the whole name.
var (
	FirstNames = []string{"First Name", "Given Name", "Forename", "First", "Vorname"}
	LastNames  = []string{"Last Name", "Family Name", "Surname", "Last", "Nachname", "Familienname"}
)

// PatientColumns are the columns of a file of patients.
var PatientColumns = []Column{
	{Field: "name", Required: true, Names: []string{"Full Name", "Patient Name", "Patientenname"}},
	{Field: "date_of_birth", values: readDate, Names: []string{"Birth Date", "Birthday", "DOB", "Geburtsdatum", "Geburtstag", "Geb.-Datum", "Geboren am"}},
	{Field: "phone_number", values: readPhone, Names: []string{"Phone", "Telephone", "Telephone Number", "Tel", "Mobile", "Telefon", "Telefonnummer", "Mobil", "Handy"}},
	{Field: "gender", values: readGender, Names: []string{"Sex", "Geschlecht"}},
	{Field: "address", Names: []string{"Adresse", "Anschrift"}},
	{Field: "medical_record", Names: []string{"Medical History", "Krankenakte", "Anamnese"}},
	{Field: "email", Names: []string{"E-Mail Address", "E-Mail-Adresse"}},
	{Field: "external_id", values: readNumber, Names: []string{"Patient ID", "Patient Number", "MRN", "Patienten-ID", "Patientennummer", "Patienten-Nr."}},
}

// DoctorColumns are the columns of a file of doctors.
var DoctorColumns = []Column{
	{Field: "name", Required: true, Names: []string{"Full Name", "Doctor Name", "Provider Name", "Arzt"}},
	{Field: "specialization", Required: true, Names: []string{"Specialisation", "Specialty", "Speciality", "Fachrichtung", "Fachgebiet"}},
	{Field: "license_number", Required: true, values: readNumber, Names: []string{"Licence Number", "License", "Licence", "Lizenznummer", "Arztnummer", "LANR"}},
	{Field: "salary", Required: true, values: readAmount, Names: []string{"Gehalt"}},
}

// MappingColumns are the columns of a file of mappings. Two more, patient_id and doctor_id,
// are read from exports.
var MappingColumns = []Column{
	{Field: "patient_external_id", Required: true, values: readNumber, Names: []string{"External ID", "Patient Number", "MRN", "Patientennummer", "Patienten-Nr."}},
	{Field: "doctor_license_number", Required: true, values: readNumber, Names: []string{"License Number", "Licence Number", "Lizenznummer", "Arztnummer", "LANR"}},
}

// voidColumns mark rows that their system keeps, but treats as deleted (OpenMRS).
var voidColumns = []string{"Void/Retire", "Void", "Voided"}

// inputKind is a kind of records, which are read into In.
type inputKind[In any] struct {
	// name is that of the records in an export.
	name    string
	columns []Column
	// ids are the columns that are read from exports only, and exported those that exports
	// have and nothing reads, by their folded names.
	ids, exported []string
	build         func(field func(name string) domain.Input) In
}

var patientInputs = inputKind[domain.PatientInput]{
	name:     "patients",
	columns:  PatientColumns,
	exported: []string{"createdby", "createdat", "updatedat", "version", "assigneddoctors"},
	build: func(field func(string) domain.Input) domain.PatientInput {
		return domain.PatientInput{
			Name:          field("name"),
			DateOfBirth:   field("date_of_birth"),
			Phone:         field("phone_number"),
			Gender:        field("gender"),
			Address:       field("address"),
			MedicalRecord: field("medical_record"),
			Email:         field("email"),
			ExternalID:    field("external_id"),
		}
	},
}

var doctorInputs = inputKind[domain.DoctorInput]{
	name:     "doctors",
	columns:  DoctorColumns,
	exported: []string{"joinedat", "createdat", "updatedat", "version"},
	build: func(field func(string) domain.Input) domain.DoctorInput {
		return domain.DoctorInput{
			Name:           field("name"),
			Specialization: field("specialization"),
			LicenseNumber:  field("license_number"),
			Salary:         field("salary"),
		}
	},
}

var mappingKeys = inputKind[application.MappingKeys]{
	name:    "mappings",
	columns: MappingColumns,
	ids:     []string{"patient_id", "doctor_id"},
	exported: []string{
		"patientname", "doctorname", "assignedat", "version", // and in NDJSON all of the doctor:
		"doctorjoinedat", "doctorspecialization", "doctorsalary", "doctorcreatedat", "doctorupdatedat", "doctorversion",
	},
	build: func(field func(string) domain.Input) application.MappingKeys {
		return application.MappingKeys{
			PatientExternalID:   field("patient_external_id"),
			DoctorLicenseNumber: field("doctor_license_number"),
			Patient:             field("patient_id"),
			Doctor:              field("doctor_id"),
		}
	},
}

// tableNames finds columns by their names.
type tableNames struct {
	names []string
	// exact and folded are the positions by name. A folded name that several columns have
	// has position ambiguous.
	exact, folded map[string]int
}

const ambiguous = -1

func newTableNames(names []string) tableNames {
	t := tableNames{names: names, exact: map[string]int{}, folded: map[string]int{}}
	for i, name := range names {
		t.exact[name] = i
		folded := foldName(name)
		if _, twice := t.folded[folded]; twice {
			t.folded[folded] = ambiguous
			continue
		}
		t.folded[folded] = i
	}
	return t
}

// find returns the position of the column that has one of these names, the first name first.
// It is ambiguous if several columns have the name, in different spellings.
func (t tableNames) find(names ...string) (at int, found bool) {
	for _, name := range names {
		if at, found := t.exact[name]; found && name != "" {
			return at, true
		}
		if at, found := t.folded[foldName(name)]; found && foldName(name) != "" {
			return at, true
		}
	}
	return 0, false
}

// foldName returns the letters, digits and marks of a name in lower case.
func foldName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, norm.NFC.String(name))
}

// guess returns the position of the first column whose name has one of these names in it.
func (t tableNames) guess(names ...string) (at int, found bool) {
	for _, name := range names {
		at := slices.IndexFunc(t.names, func(column string) bool { return strings.Contains(foldName(column), foldName(name)) })
		if at >= 0 {
			return at, true
		}
	}
	return 0, false
}
