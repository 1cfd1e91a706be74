package httpapi

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/domain"
)

// withFields returns the view with the members only that the parameter fields names, in
// their usual order, or the whole view without that parameter. The use-case has checked the
// names.
func withFields(fields domain.Input, view any) any {
	if fields == (domain.Input{}) {
		return view
	}
	names := strings.Split(fields.Text(), ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return someMembers{view, names}
}

// someMembers is a view of which only some members are shown.
type someMembers struct {
	view  any
	names []string
}

// MarshalJSONTo implements json.MarshalerTo.
func (s someMembers) MarshalJSONTo(encoder *jsontext.Encoder) error {
	text, err := json.Marshal(s.view, encoder.Options())
	if err != nil {
		return err
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(text), encoder.Options())
	if _, err := decoder.ReadToken(); err != nil {
		return err
	}
	shown := object{}
	for decoder.PeekKind() == '"' {
		name, err := decoder.ReadToken()
		if err != nil {
			return err
		}
		member := member{name: name.String()}
		value, err := decoder.ReadValue()
		if err != nil {
			return err
		}
		if slices.Contains(s.names, member.name) {
			member.value = value.Clone()
			shown = append(shown, member)
		}
	}
	return shown.MarshalJSONTo(encoder)
}
