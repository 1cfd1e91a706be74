package httpapi

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/domain"
)

// recordView shows a record as one JSON object: its id, its fields, its stamp, and
// then the members that a view adds.
type recordView struct {
	self   domain.Reference
	fields []domain.Field
	added  []member
}

// member is one member of a JSON object.
type member struct {
	name  string
	value any
}

// object is a JSON object whose members are written in order.
type object []member

// MarshalJSONTo implements json.MarshalerTo.
func (o object) MarshalJSONTo(encoder *jsontext.Encoder) error {
	if err := encoder.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, m := range o {
		if err := writeMember(encoder, m.name, m.value); err != nil {
			return err
		}
	}
	return encoder.WriteToken(jsontext.EndObject)
}

func showRecord(record domain.Record, added ...member) recordView {
	return recordView{self: record.Self(), fields: record.Fields(), added: append(showStamp(record), added...)}
}

// showStamp shows the times and the version of a record. Of a mapping, it shows the version
// only: assigned_at is its time.
func showStamp(record domain.Record) []member {
	stamp := domain.StampOf(record)
	version := member{"version", stamp.Version}
	if record.Self().Kind == domain.SubjectMapping {
		return []member{version}
	}
	return []member{{"created_at", stamp.CreatedAt}, {"updated_at", stamp.UpdatedAt}, version}
}

// location is the path of the record.
func (v recordView) location() string {
	return listPath(domain.RecordKindOf(v.self.Kind)) + v.self.ID.String() + "/"
}

// listPath returns the path of the list of a kind of records.
func listPath(kind domain.RecordKind) string { return "/api/" + kind.Plural + "/" }

// MarshalJSONTo implements json.MarshalerTo.
func (v recordView) MarshalJSONTo(encoder *jsontext.Encoder) error {
	members := object{{"id", v.self.ID}}
	for _, field := range v.fields {
		members = append(members, member{field.Name, field.Value})
	}
	return append(members, v.added...).MarshalJSONTo(encoder)
}

func writeMember(encoder *jsontext.Encoder, name string, value any) error {
	if err := encoder.WriteToken(jsontext.String(name)); err != nil {
		return err
	}
	switch value := value.(type) {
	case nil:
		return encoder.WriteToken(jsontext.Null)
	case string:
		return encoder.WriteToken(jsontext.String(value))
	case domain.ID:
		return encoder.WriteToken(jsontext.Int(int64(value)))
	case int:
		return encoder.WriteToken(jsontext.Int(int64(value)))
	case time.Time:
		return encoder.WriteToken(jsontext.String(showInstant(value)))
	default:
		return json.MarshalEncode(encoder, value)
	}
}
