package domain

import (
	"fmt"
	"slices"
	"strings"
)

// SubjectKind is the kind of thing that an audit event is about.
type SubjectKind string

// The kinds of subjects.
const (
	SubjectUser    SubjectKind = "user"
	SubjectSession SubjectKind = "session"
	SubjectDoctor  SubjectKind = "doctor"
	SubjectPatient SubjectKind = "patient"
	SubjectMapping SubjectKind = "mapping"
	SubjectAudit   SubjectKind = "audit"
)

// Reference identifies one record.
type Reference struct {
	Kind SubjectKind
	ID   ID
}

// Record is an entity with version history. A deleted record can be restored from its
// last version.
type Record interface {
	// Self returns the reference to the record itself.
	Self() Reference
	// Parents returns the records that this one depends on, in the order of
	// RecordKind.Parents. Deleting a parent deletes the record.
	Parents() []Reference
	// Fields returns the record's fields in the order in which clients see them, without
	// withheld ones (see VisibleTo). The fields are hashed into Version.Commitment, so a
	// stored version must keep the hash that it had: a new field must be empty in
	// versions stored before it existed, and no field can be renamed or removed.
	Fields() []Field
	// stamp is implemented by the Stamp that an entity embeds.
	stamp() Stamp
	stamped(Stamp) Record
}

// Field is one field of a record.
type Field struct {
	// Name is the field's name in the API, such as date_of_birth.
	Name string
	// Value is a string, an ID, a time.Time in UTC, or nil if the field is not set.
	Value any
}

// RecordKind describes a kind of record to code that handles all kinds.
type RecordKind struct {
	Kind SubjectKind
	// Plural is the plural of the kind's name, such as "patients".
	Plural string
	// Parents are the kinds of the record's parents. A kind with parents cannot itself
	// be a parent, so a deletion reaches at most one level of children.
	Parents []SubjectKind
	// These permissions allow reading records, their versions and deleted records, and
	// restoring the records that the actor deleted.
	Read, ReadHistory, ReadDeleted, Restore Permission
	// RestoreAny allows restoring records that others deleted.
	RestoreAny Permission
	// Replay allows getting the answer to one's own write again (see IdempotencyKey).
	Replay Permission
}

// recordKinds is the only list of the kinds of records, parents before children. Code
// that locks records of several kinds follows the list in reverse, so that two
// transactions cannot deadlock.
var recordKinds = []RecordKind{
	{SubjectDoctor, "doctors", nil, DoctorRead, DoctorReadHistory, DoctorReadDeleted, DoctorRestore, DoctorRestore, DoctorReplay},
	{SubjectPatient, "patients", nil, PatientRead, PatientReadHistory, PatientReadDeleted, PatientRestore, PatientRestoreAny, PatientReplay},
	{SubjectMapping, "mappings", []SubjectKind{SubjectPatient, SubjectDoctor}, MappingRead, MappingReadHistory, MappingReadDeleted, MappingRestore, MappingRestoreAny, MappingReplay},
}

// RecordKinds returns all kinds of records, parents before children.
func RecordKinds() []RecordKind { return slices.Clone(recordKinds) }

// RecordKindOf returns the description of a kind. It panics for a kind that is not in
// the list, which is a programming error.
func RecordKindOf(kind SubjectKind) RecordKind {
	for _, known := range recordKinds {
		if known.Kind == kind {
			return known
		}
	}
	panic(fmt.Sprintf("domain: %q is not a kind of record", kind))
}

// Children returns the kinds whose records are deleted together with a record of this
// kind.
func Children(kind SubjectKind) []SubjectKind {
	var children []SubjectKind
	for _, known := range recordKinds {
		if slices.Contains(known.Parents, kind) {
			children = append(children, known.Kind)
		}
	}
	return children
}

// FieldChange is a field that differs between two versions. A nil value means that the
// field is not set.
type FieldChange struct {
	Name          string
	Before, After any
}

// Diff returns the fields that differ between two states of a record, sorted by name. If
// before is nil, it returns all fields. Fields withheld from both states are not
// compared.
func Diff[T Record](before *T, after T) []FieldChange {
	changes := []FieldChange{}
	earlier := map[string]any{}
	if before != nil {
		for _, field := range (*before).Fields() {
			earlier[field.Name] = field.Value
		}
	}
	for _, field := range after.Fields() {
		value, known := earlier[field.Name]
		delete(earlier, field.Name)
		if !known || value != field.Value {
			changes = append(changes, FieldChange{field.Name, value, field.Value})
		}
	}
	for name, value := range earlier {
		changes = append(changes, FieldChange{Name: name, Before: value})
	}
	slices.SortFunc(changes, func(a, b FieldChange) int { return strings.Compare(a.Name, b.Name) })
	return changes
}

// restricted marks entities of which some actors see only a part. Embedding promotes the
// method, so VisibleTo can detect a view that embeds a restricted entity without its own
// VisibleTo method.
type restricted interface{ restricted() }

// VisibleTo returns what actor can see of value, which is an entity, a view or a page.
// The application calls it on the result of every use-case, so a use-case cannot forget
// it.
//
// It panics if value embeds a restricted entity and has no VisibleTo method, which is a
// programming error. Entities in named fields are not detected: the VisibleTo method of
// the enclosing type must handle them.
func VisibleTo[T any](value T, actor Actor) T {
	if partly, ok := any(value).(interface{ VisibleTo(actor Actor) T }); ok {
		return partly.VisibleTo(actor)
	}
	if _, ok := any(value).(restricted); ok {
		panic(fmt.Sprintf("domain: %T embeds a restricted entity and has no VisibleTo", value))
	}
	return value
}

// orNil returns nil for an empty text.
// dateOrNil returns nil for the zero Date.
func dateOrNil(date Date) Value {
	if date.IsZero() {
		return nil
	}
	return date
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
