package domain

import "time"

// Mapping assigns a doctor to a patient. A pair is mapped at most once.
type Mapping struct {
	ID        ID
	PatientID ID
	DoctorID  ID
	// AssignedAt is since when this doctor has been this patient's.
	AssignedAt time.Time
	Stamp
}

// Self implements Record.
func (m Mapping) Self() Reference { return Reference{SubjectMapping, m.ID} }

// Parents implements Record: the patient and the doctor.
func (m Mapping) Parents() []Reference {
	return []Reference{{SubjectPatient, m.PatientID}, {SubjectDoctor, m.DoctorID}}
}

func (m Mapping) stamped(stamp Stamp) Record {
	m.Stamp = stamp
	return m
}

// Fields implements Record.
func (m Mapping) Fields() []Field {
	return []Field{{"patient", m.PatientID}, {"doctor", m.DoctorID}, {"assigned_at", m.AssignedAt}}
}

// Assignment is a mapping as it is read: with the patient's name and the doctor.
type Assignment struct {
	ID          ID
	PatientID   ID
	PatientName Name
	Doctor      Doctor
	AssignedAt  time.Time
	Version     int
}

// VisibleTo returns what actor may see of the assignment: see Doctor.VisibleTo.
func (a Assignment) VisibleTo(actor Actor) Assignment {
	a.Doctor = a.Doctor.VisibleTo(actor)
	return a
}

// MappingInput is what may be set of a mapping. All of it is required.
type MappingInput struct {
	Patient Input
	Doctor  Input
	Unknown []string
}

// Named returns the records that the caller named, as far as they can be read.
func (in MappingInput) Named() []Reference {
	return append(in.Patient.named(SubjectPatient), in.Doctor.named(SubjectDoctor)...)
}

// NewMapping builds a mapping as of now. Every bad field is reported.
func NewMapping(in MappingInput, now time.Time) (Mapping, error) {
	return Mapping{}.fill(newForm(false), in, now)
}

// Replace returns the mapping with the pair of in. A different pair is assigned as of now.
func (m Mapping) Replace(in MappingInput, now time.Time) (Mapping, error) {
	return m.fill(newReplaceForm(), in, now)
}

// Change returns the mapping with the given side of the pair; an absent one stays.
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

// ErrAlreadyAssigned says that the pair is mapped already.
func ErrAlreadyAssigned() error {
	return ErrDuplicate(NonField, "The fields patient, doctor must make a unique set.")
}

// MappingFilter narrows a list of mappings; a zero field does not.
type MappingFilter struct {
	PatientID ID
	DoctorID  ID
}

// MappingQuery is a filter and page as a caller asks for them.
type MappingQuery struct {
	Patient Input
	Doctor  Input
	Page    PageInput
}

// Named returns the records that the caller named, as far as they can be read.
func (q MappingQuery) Named() []Reference {
	return append(q.Patient.named(SubjectPatient), q.Doctor.named(SubjectDoctor)...)
}

// Parse returns the filter and the page. Every bad field is reported.
func (q MappingQuery) Parse() (MappingFilter, Page, error) {
	form := newForm(false)
	filter := MappingFilter{
		PatientID: optional(form, "patient_id", q.Patient, 0, ParseID),
		DoctorID:  optional(form, "doctor_id", q.Doctor, 0, ParseID),
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}
