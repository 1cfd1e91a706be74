package main

import (
	"bytes"
	"fmt"

	"example.com/healthcare/adapters/httpapi"
)

type openapiCommand struct {
	JSON bool `name:"json" help:"Print JSON instead of YAML."`
}

// Run prints the OpenAPI document that the service serves.
func (o openapiCommand) Run(p process) error {
	document := httpapi.OpenAPI()
	if o.JSON {
		var err error
		if document, err = httpapi.OpenAPIJSON(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(p.out, "%s\n", bytes.TrimRight(document, "\n"))
	return err
}
