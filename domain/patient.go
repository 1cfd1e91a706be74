package domain

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Patient is a person whose medical record the clinic keeps.
type Patient struct {
	ID ID
	// CreatedBy is the user who registered the patient.
	CreatedBy     ID
	Name          Name
	DateOfBirth   Date
	Phone         Phone
	Email         Email // the zero Email where there is none
	Gender        Gender
	Address       Text
	MedicalRecord Text
	ExternalID    ExternalID
	Stamp
}

// PatientView is a patient together with the assigned doctors.
type PatientView struct {
	Patient
	// AssignedDoctors is in ascending order.
	AssignedDoctors []ID
}

// NewPatientView returns the patient with the doctors of the patient's mappings.
func NewPatientView(patient Patient, mappings []Record) PatientView {
	view := PatientView{Patient: patient, AssignedDoctors: []ID{}}
	for _, record := range mappings {
		if mapping, ok := record.(Mapping); ok {
			view.AssignedDoctors = append(view.AssignedDoctors, mapping.DoctorID)
		}
	}
	slices.Sort(view.AssignedDoctors)
	return view
}

// Self implements Record.
func (p Patient) Self() Reference { return Reference{SubjectPatient, p.ID} }

// Parents implements Record: a patient has none.
func (p Patient) Parents() []Reference { return nil }

// NaturalKey implements Record: it is the external id.
func (p Patient) NaturalKey() NaturalKey { return NaturalKey(p.ExternalID.text) }

func (p Patient) stamped(stamp Stamp) Record {
	p.Stamp = stamp
	return p
}

// Fields implements Record.
func (p Patient) Fields() []Field {
	return []Field{
		{"created_by", p.CreatedBy},
		{"name", p.Name.String()},
		{"date_of_birth", orNil(p.DateOfBirth.String())},
		{"phone_number", p.Phone.String()},
		{"gender", orNil(p.Gender.String())},
		{"address", p.Address.String()},
		{"medical_record", p.MedicalRecord.String()},
		{"email", p.Email.String()},
		{"external_id", orNil(p.ExternalID.String())},
	}
}

// PatientList declares the list of patients.
var PatientList = Listing[PatientView]{
	name:       "patients",
	id:         func(p PatientView) ID { return p.ID },
	searchText: func(p PatientView) string { return p.SearchText() },
	filters: []filter[PatientView]{
		{name: "gender", kind: choiceValue("M", "F", "O", "none"), value: func(p PatientView) Value { return cmp.Or(p.Gender.text, "none") }},
		{name: "date_of_birth", kind: dateValue, ranges: true, value: func(p PatientView) Value { return dateOrNil(p.DateOfBirth) }},
		{name: "created_by", kind: idValue, value: func(p PatientView) Value { return p.CreatedBy }},
		{name: "doctor_id", kind: idValue},
		{name: "has_doctor", kind: flagValue, value: func(p PatientView) Value { return len(p.AssignedDoctors) > 0 }},
		{name: "external_id", kind: externalIDValue, value: func(p PatientView) Value { return orNil(p.ExternalID.text) }},
		{name: "email", kind: emailValue, value: func(p PatientView) Value { return orNil(p.Email.text) }},
		{name: "phone_number", kind: phoneValue, value: func(p PatientView) Value { return orNil(p.Phone.Digits()) }},
		{name: "created_at", kind: instantValue, ranges: true, value: func(p PatientView) Value { return p.CreatedAt }},
		{name: "updated_at", kind: instantValue, ranges: true, value: func(p PatientView) Value { return p.UpdatedAt }},
	},
	orderings: []ordering[PatientView]{
		byID(func(p PatientView) ID { return p.ID }),
		{"name", foldedValue, func(p PatientView) Value { return SortKey(p.Name.text) }},
		{"date_of_birth", dateValue, func(p PatientView) Value { return dateOrNil(p.DateOfBirth) }},
		{"created_at", instantValue, func(p PatientView) Value { return p.CreatedAt }},
		{"updated_at", instantValue, func(p PatientView) Value { return p.UpdatedAt }},
	},
	members: []string{
		"id", "created_by", "name", "date_of_birth", "phone_number", "gender", "address", "medical_record", "email", "external_id",
		"created_at", "updated_at", "version", "assigned_doctors",
	},
	derived: []string{"assigned_doctors"},
}

// PatientInput holds the fields of a patient that a request can set. Only Name is
// required.
type PatientInput struct {
	Name          Input
	DateOfBirth   Input
	Phone         Input
	Gender        Input
	Address       Input
	MedicalRecord Input
	Email         Input
	ExternalID    Input
	Unknown       []string
}

// NewPatient returns a patient registered by actor. Every invalid field is reported.
func NewPatient(in PatientInput, actor Actor, now time.Time) (Patient, error) {
	return Patient{CreatedBy: actor.UserID}.fill(newForm(false), in, now)
}

// Replace returns the patient with all fields replaced by those of in, and absent ones
// reset to their defaults (PUT). Every invalid field is reported.
func (p Patient) Replace(in PatientInput, now time.Time) (Patient, error) {
	return p.fill(newReplaceForm(), in, now)
}

// Change returns the patient with the fields that in contains; absent ones keep their
// value (PATCH). Every invalid field is reported.
func (p Patient) Change(in PatientInput, now time.Time) (Patient, error) {
	return p.fill(newForm(true), in, now)
}

func (p Patient) fill(form *form, in PatientInput, now time.Time) (Patient, error) {
	form.unknown(in.Unknown)
	p.Name = required(form, "name", in.Name, p.Name, ParseName)
	p.DateOfBirth = nullable(form, "date_of_birth", in.DateOfBirth, p.DateOfBirth, func(text string) (Date, error) {
		return ParseBirthDate(text, now)
	})
	p.Phone = optional(form, "phone_number", in.Phone, p.Phone, ParsePhone)
	p.Gender = nullable(form, "gender", in.Gender, p.Gender, ParseGender)
	p.Address = optional(form, "address", in.Address, p.Address, ParseText)
	p.MedicalRecord = optional(form, "medical_record", in.MedicalRecord, p.MedicalRecord, ParseText)
	p.Email = optional(form, "email", in.Email, p.Email, ParseOptionalEmail)
	p.ExternalID = nullable(form, "external_id", in.ExternalID, p.ExternalID, ParseExternalID)
	return p, form.err()
}

// TextBytes returns the size in bytes of the patient's free text.
func (p Patient) TextBytes() int { return len(p.Address.text) + len(p.MedicalRecord.text) }

// Gender is M, F, O (other), or empty if unknown.
type Gender struct{ text string }

// ParseGender parses M, F or O.
func ParseGender(text string) (Gender, error) {
	switch text {
	case "M", "F", "O":
		return Gender{text}, nil
	}
	return Gender{}, invalid("Not a valid choice: use M, F or O.")
}

// String returns the letter, or an empty text.
func (g Gender) String() string { return g.text }

// ExternalID is the number by which another system knows a patient: one line of at most 100
// visible characters and spaces, or zero. Upper and lower case differ.
type ExternalID struct{ text string }

// ParseExternalID trims, normalizes to NFC and checks a number. A blank one is zero.
func ParseExternalID(text string) (ExternalID, error) {
	if trimInvisible(text) == "" {
		return ExternalID{}, nil
	}
	s, err := parseLine(text, 100)
	if err == nil && strings.ContainsFunc(s, isIgnorable) {
		err = invalid("Invisible characters are not allowed.")
	}
	return ExternalID{s}, err
}

// String returns the number, or nothing.
func (id ExternalID) String() string { return id.text }

// ErrExternalIDTaken says that another patient has the external id.
func ErrExternalIDTaken() error { return RecordKindOf(SubjectPatient).ErrKeyTaken() }
