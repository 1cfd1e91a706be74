package domain

import (
	"fmt"
	"slices"
	"strings"
)

// SubjectKind is what sort of record an event is about.
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

// Reference names one record.
type Reference struct {
	Kind SubjectKind
	ID   ID
}

// Record is an entity whose versions are kept: it has a history, and can be
// restored once it is deleted.
type Record interface {
	// Self names the record.
	Self() Reference
	// Parents are the records that it cannot be without, one of each kind that its
	// RecordKind names, in that order. It is deleted with any of them.
	Parents() []Reference
	// Fields are what the record says, in the order in which clients see it, without
	// what is withheld (see VisibleTo). What they say of a version is under the seals of
	// the trail (see Version.Commitment): a field that is added must be empty for what was kept
	// before, and one that is renamed or removed makes what was kept look changed.
	Fields() []Field
	// An entity embeds its Stamp, which gives it stamp.
	stamp() Stamp
	stamped(Stamp) Record
}

// Field is one field of a record.
type Field struct {
	// Name is the one that clients see, such as date_of_birth.
	Name string
	// Value is a string, an ID, a time.Time in UTC, or nil for a field that is not set.
	Value any
}

// RecordKind is what the code that serves all kinds of records knows of one.
type RecordKind struct {
	Kind SubjectKind
	// Plural is the name of several records of the kind, such as "patients".
	Plural string
	// Parents are the kinds of a record's Parents. A kind that has parents is nobody's
	// parent, so that whatever ends with a record has ended after one step.
	Parents []SubjectKind
	// The permissions to see records, their versions and deleted ones, and to restore them.
	Read, ReadHistory, ReadDeleted, Restore Permission
}

// recordKinds is the one list of the kinds of records. Parents come before
// children. Whoever locks records of several kinds goes through it backwards, so
// that two who do cannot block each other.
var recordKinds = []RecordKind{
	{SubjectDoctor, "doctors", nil, DoctorRead, DoctorReadHistory, DoctorReadDeleted, DoctorRestore},
	{SubjectPatient, "patients", nil, PatientRead, PatientReadHistory, PatientReadDeleted, PatientRestore},
	{SubjectMapping, "mappings", []SubjectKind{SubjectPatient, SubjectDoctor}, MappingRead, MappingReadHistory, MappingReadDeleted, MappingRestore},
}

// RecordKinds returns all kinds of records, parents before children.
func RecordKinds() []RecordKind { return slices.Clone(recordKinds) }

// RecordKindOf returns what is known of the records of a kind. It panics for a kind
// that is not in the list: that is a mistake in the program.
func RecordKindOf(kind SubjectKind) RecordKind {
	for _, known := range recordKinds {
		if known.Kind == kind {
			return known
		}
	}
	panic(fmt.Sprintf("domain: %q is not a kind of record", kind))
}

// Children returns the kinds whose records are deleted with one of this kind.
func Children(kind SubjectKind) []SubjectKind {
	var children []SubjectKind
	for _, known := range recordKinds {
		if slices.Contains(known.Parents, kind) {
			children = append(children, known.Kind)
		}
	}
	return children
}

// FieldChange is a field that one version of a record has and the one before had
// otherwise; a nil value is a field that is not set.
type FieldChange struct {
	Name          string
	Before, After any
}

// Difference returns the fields that differ between two states of a record, in the
// order of their names; all fields when before is nil. What is withheld in both is
// not among them.
func Difference[T Record](before *T, after T) []FieldChange {
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

// restricted marks what some actors see a part of only. Embedding promotes the mark, so
// that a view that embeds such an entity and has no VisibleTo of its own is found out.
type restricted interface{ restricted() }

// VisibleTo returns what actor may see of value, which is an entity, a view or a page.
// The use-cases' runner calls it on every result, so no use-case has to. It panics when
// value holds a restricted entity and does not say what to show of it: that is a mistake
// in the program. What value holds in fields of its own is for its VisibleTo.
func VisibleTo[T any](value T, actor Actor) T {
	if partly, ok := any(value).(interface{ VisibleTo(actor Actor) T }); ok {
		return partly.VisibleTo(actor)
	}
	if _, ok := any(value).(restricted); ok {
		panic(fmt.Sprintf("domain: %T embeds a restricted entity and has no VisibleTo", value))
	}
	return value
}

// orNil is nil for an empty text.
func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}
