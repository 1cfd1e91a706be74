package httpapi

import (
	"bytes"
	_ "embed"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"
	"go.yaml.in/yaml/v3"

	"example.com/healthcare/domain"
)

//go:embed openapi.yaml
var openAPI []byte

// OpenAPI returns openapi.yaml, the OpenAPI 3.0.3 description of the service.
func OpenAPI() []byte { return bytes.Clone(openAPI) }

// OpenAPIJSON returns openapi.yaml as JSON, with its members in the same order.
func OpenAPIJSON() ([]byte, error) {
	document, err := openAPIJSON()
	return bytes.Clone(document), err
}

var openAPIJSON = sync.OnceValues(func() ([]byte, error) { return yamlToJSON(openAPI) })

// sendYAML answers with openapi.yaml. Its server URL is the prefix under which the client
// reaches the service.
func sendYAML(c echo.Context, _ domain.Actor) error {
	return sendDocument(c, "application/yaml", openAPI, "\nservers:\n  - url: %s/\n")
}

// sendJSON is sendYAML for the document as JSON.
func sendJSON(c echo.Context, _ domain.Actor) error {
	document, err := openAPIJSON()
	if err != nil {
		return err
	}
	return sendDocument(c, echo.MIMEApplicationJSON, document, `"servers":[{"url":"%s/"}]`)
}

// sendDocument answers with the document. In its part servers, the %s is the prefix.
func sendDocument(c echo.Context, contentType string, document []byte, servers string) error {
	document = bytes.Replace(document, fmt.Appendf(nil, servers, ""), fmt.Appendf(nil, servers, request(c).Prefix()), 1)
	return sendBytes(c, contentType, document)
}

// sendBytes answers with content and its length. With the length, a client of HTTP/1.0
// notices an answer that was cut off.
func sendBytes(c echo.Context, contentType string, content []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(content)))
	return c.Blob(http.StatusOK, contentType, content)
}

// yamlToJSON returns a YAML document as JSON and keeps the order of members. Dates are
// strings in JSON, so they stay as they are written.
func yamlToJSON(document []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeNode(jsontext.NewEncoder(&out), &root); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func writeNode(out *jsontext.Encoder, node *yaml.Node) error {
	begin, end := jsontext.BeginObject, jsontext.EndObject
	switch node.Kind {
	case yaml.DocumentNode:
		return writeNode(out, node.Content[0])
	case yaml.ScalarNode:
		return writeScalar(out, node)
	case yaml.SequenceNode:
		begin, end = jsontext.BeginArray, jsontext.EndArray
	case yaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			node.Content[i].Tag = "!!str" // The names of members are strings in JSON.
		}
	default:
		return fmt.Errorf("line %d: an alias has no equivalent in JSON", node.Line)
	}
	if err := out.WriteToken(begin); err != nil {
		return err
	}
	for _, child := range node.Content {
		if err := writeNode(out, child); err != nil {
			return err
		}
	}
	return out.WriteToken(end)
}

func writeScalar(out *jsontext.Encoder, node *yaml.Node) error {
	switch node.ShortTag() {
	case "!!str", "!!timestamp":
		return out.WriteToken(jsontext.String(node.Value))
	}
	var value any
	if err := node.Decode(&value); err != nil {
		return err
	}
	return json.MarshalEncode(out, value)
}
