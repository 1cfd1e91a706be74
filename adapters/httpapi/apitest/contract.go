package apitest

import (
	"errors"
	"fmt"
	"maps"
	"reflect"

	"github.com/getkin/kin-openapi/openapi3"

	"example.com/healthcare/adapters/httpapi"
)

// contract returns openapi.yaml with every object schema closed: objects can have no other
// members. OpenAPI 3.0 cannot close a schema that others extend, so contract first replaces
// each allOf by the members of its parts.
func contract() (*openapi3.T, error) {
	spec, err := openapi3.NewLoader().LoadFromData(httpapi.OpenAPI())
	if err != nil {
		return nil, err
	}
	for name, schema := range spec.Components.Schemas {
		if err := merge(schema.Value); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
	}
	for _, schema := range spec.Components.Schemas {
		additional := schema.Value.AdditionalProperties
		if schema.Value.Type.Is(openapi3.TypeObject) && additional.Has == nil && additional.Schema == nil {
			schema.Value.WithoutAdditionalProperties()
		}
	}
	return spec, nil
}

// merge replaces the allOf of a schema by the members of its parts. It changes the schema in
// place, because references share it.
func merge(schema *openapi3.Schema) error {
	if schema.AllOf == nil {
		return nil
	}
	members := openapi3.Schemas{}
	maps.Copy(members, schema.Properties)
	for _, part := range schema.AllOf {
		if err := merge(part.Value); err != nil {
			return err
		}
		if !onlyMembers(*part.Value) {
			return errors.New("a part of allOf has keywords other than members")
		}
		for name, member := range part.Value.Properties {
			if members[name] != nil {
				return fmt.Errorf("two parts of allOf describe %s", name)
			}
			members[name] = member
		}
		schema.Required = append(schema.Required, part.Value.Required...)
	}
	for _, part := range schema.AllOf {
		if allowed := part.Value.AdditionalProperties.Has; allowed != nil && !*allowed && len(part.Value.Properties) < len(members) {
			return errors.New("a part of allOf refuses the members of another part")
		}
	}
	schema.Type, schema.Properties, schema.AllOf = &openapi3.Types{openapi3.TypeObject}, members, nil
	return nil
}

// onlyMembers reports whether part describes an object by its members alone.
func onlyMembers(part openapi3.Schema) bool {
	part.Type, part.Properties, part.Required = nil, nil, nil
	part.AdditionalProperties.Has = nil
	part.Description, part.Example, part.Extensions, part.Origin = "", nil, nil, nil
	return reflect.DeepEqual(part, openapi3.Schema{})
}
