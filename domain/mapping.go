package domain

import "time"

// Mapping assigns a doctor to a patient. Each pair is mapped at most once.
type Mapping struct {
	ID         ID
	PatientID  ID
	DoctorID   ID
	AssignedAt time.Time
	Stamp
}

// Self implements Record.
func (m Mapping) Self() Reference { return Reference{SubjectMapping, m.ID} }

// Parents implements Record: a mapping depends on its patient and its doctor.
func (m Mapping) Parents() []Reference {
	return []Reference{{SubjectPatient, m.PatientID}, {SubjectDoctor, m.DoctorID}}
}

// NaturalKey implements Record: it is the pair.
func (m Mapping) NaturalKey() NaturalKey {
	return NaturalKey(m.PatientID.String() + " " + m.DoctorID.String())
}

func (m Mapping) stamped(stamp Stamp) Record {
	m.Stamp = stamp
	return m
}

// Fields implements Record.
func (m Mapping) Fields() []Field {
	return []Field{{"patient", m.PatientID}, {"doctor", m.DoctorID}, {"assigned_at", m.AssignedAt}}
}

// Assignment is a mapping as clients read it, with the patient's name and the doctor.
type Assignment struct {
	ID          ID
	PatientID   ID
	PatientName Name
	Doctor      Doctor
	AssignedAt  time.Time
	Version     int
}

// VisibleTo returns the assignment with what actor can see of the doctor.
func (a Assignment) VisibleTo(actor Actor) Assignment {
	a.Doctor = a.Doctor.VisibleTo(actor)
	return a
}

// MappingInput holds the fields of a mapping that a request can set. All are required.
type MappingInput struct {
	Patient Input
	Doctor  Input
	Unknown []string
}

// References returns the patient and the doctor that the input names. It skips values
// that are not IDs.
func (in MappingInput) References() []Reference {
	return append(in.Patient.reference(SubjectPatient), in.Doctor.reference(SubjectDoctor)...)
}

// NewMapping returns a mapping that begins now. Every invalid field is reported.
func NewMapping(in MappingInput, now time.Time) (Mapping, error) {
	return Mapping{}.fill(newForm(false), in, now)
}

// Replace returns the mapping with the pair of in (PUT). AssignedAt becomes now if the
// pair differs. Every invalid field is reported.
func (m Mapping) Replace(in MappingInput, now time.Time) (Mapping, error) {
	return m.fill(newReplaceForm(), in, now)
}

// Change returns the mapping with the side of the pair that in contains; an absent one
// keeps its value (PATCH). AssignedAt becomes now if the pair differs.
func (m Mapping) Change(in MappingInput, now time.Time) (Mapping, error) {
	return m.fill(newForm(true), in, now)
}

func (m Mapping) fill(form *form, in MappingInput, now time.Time) (Mapping, error) {
	form.unknown(in.Unknown)
	before := m
	m.PatientID = required(form, "patient", in.Patient, m.PatientID, ParseID)
	m.DoctorID = required(form, "doctor", in.Doctor, m.DoctorID, ParseID)
	if m != before {
		m.AssignedAt = now
	}
	return m, form.err()
}

// ErrAlreadyAssigned returns a Conflict: the doctor is already assigned to the patient.
func ErrAlreadyAssigned() error { return RecordKindOf(SubjectMapping).ErrKeyTaken() }

// AssignmentList declares the list of mappings.
var AssignmentList = Listing[Assignment]{
	name: "mappings",
	id:   func(a Assignment) ID { return a.ID },
	filters: []filter[Assignment]{
		{name: "patient_id", kind: idValue, value: func(a Assignment) Value { return a.PatientID }},
		{name: "doctor_id", kind: idValue, value: func(a Assignment) Value { return a.Doctor.ID }},
		{name: "assigned_at", kind: instantValue, ranges: true, value: func(a Assignment) Value { return a.AssignedAt }},
	},
	orderings: []ordering[Assignment]{
		byID(func(a Assignment) ID { return a.ID }),
		{"assigned_at", instantValue, func(a Assignment) Value { return a.AssignedAt }},
	},
	members: []string{"id", "patient", "doctor", "assigned_at", "version"},
}
