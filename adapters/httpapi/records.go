package httpapi

import (
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/domain"
)

// recordView shows a record: its id, its fields, and what a view adds to them, as the
// members of one JSON object in that order.
type recordView struct {
	self   domain.Reference
	fields []domain.Field
	added  []member
}

// member is one more member of a JSON object.
type member struct {
	name  string
	value any
}

func showRecord(record domain.Record, added ...member) recordView {
	return recordView{self: record.Self(), fields: record.Fields(), added: added}
}

// location is the path of the record.
func (v recordView) location() string {
	return fmt.Sprintf("/api/%s/%s/", v.self.Kind.Plural(), v.self.ID)
}

// MarshalJSONTo implements json.MarshalerTo.
func (v recordView) MarshalJSONTo(encoder *jsontext.Encoder) error {
	if err := encoder.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	if err := writeMember(encoder, "id", v.self.ID); err != nil {
		return err
	}
	for _, field := range v.fields {
		if err := writeMember(encoder, field.Name, field.Value); err != nil {
			return err
		}
	}
	for _, added := range v.added {
		if err := writeMember(encoder, added.name, added.value); err != nil {
			return err
		}
	}
	return encoder.WriteToken(jsontext.EndObject)
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
	case time.Time:
		return encoder.WriteToken(jsontext.String(showInstant(value)))
	default:
		return json.MarshalEncode(encoder, value)
	}
}
