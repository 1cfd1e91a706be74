// Package recordjson shows records and accounts as JSON objects: in the answers of the API and
// in the files that exports write. Both have the same members in the same order.
package recordjson

import (
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/domain"
)

// Member is one member of a JSON object.
type Member struct {
	Name  string
	Value any
}

// Object is a JSON object whose members are written in order.
type Object []Member

// Only returns an object with only those members that have one of the names.
func (o Object) Only(names ...string) Object {
	shown := Object{}
	for _, member := range o {
		if slices.Contains(names, member.Name) {
			shown = append(shown, member)
		}
	}
	return shown
}

// Value returns the value of a member, nil if there is no such member.
func (o Object) Value(name string) any {
	for _, member := range o {
		if member.Name == name {
			return member.Value
		}
	}
	return nil
}

// MarshalJSONTo implements json.MarshalerTo.
func (o Object) MarshalJSONTo(encoder *jsontext.Encoder) error {
	if err := encoder.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, member := range o {
		if err := writeMember(encoder, member); err != nil {
			return err
		}
	}
	return encoder.WriteToken(jsontext.EndObject)
}

// writeMember writes a name and its value. The types that most members have are written without
// reflection.
func writeMember(encoder *jsontext.Encoder, member Member) error {
	if err := encoder.WriteToken(jsontext.String(member.Name)); err != nil {
		return err
	}
	switch value := member.Value.(type) {
	case nil:
		return encoder.WriteToken(jsontext.Null)
	case string:
		return encoder.WriteToken(jsontext.String(value))
	case domain.ID:
		return encoder.WriteToken(jsontext.Int(int64(value)))
	case int:
		return encoder.WriteToken(jsontext.Int(int64(value)))
	case time.Time:
		return encoder.WriteToken(jsontext.String(Instant(value)))
	default:
		return json.MarshalEncode(encoder, value)
	}
}

// Instant formats a time with all six digits of its microseconds, so that the texts sort in
// the order of the times.
func Instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z07:00") }
