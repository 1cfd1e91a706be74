package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
)

// A canary is a text that occurs nowhere else. If it is found where it must not be, it names
// the place in which it was planted.
type canary struct {
	text string
	kind canaryKind
	// place is where it was planted, such as "POST /api/patients/ name".
	place string
}

type canaryKind string

const (
	// ofRecords is what a record, a credential or a request contains.
	ofRecords canaryKind = "content"
	// unknownName is the name of a member or parameter that the API does not have.
	unknownName canaryKind = "unknown name"
	requestID   canaryKind = "request id"
	clientAddr  canaryKind = "client address"
	traceID     canaryKind = "trace id"
	// origin is the web origin of a page whose scripts call the service.
	origin canaryKind = "origin"
)

// allowedCanaries lists what can be found in which source, and why. Everything else is a leak.
var allowedCanaries = map[string]map[canaryKind]string{
	"log": {
		requestID:  "the caller chooses it, to find the line",
		clientAddr: "of refused logins, for a ban list",
		traceID:    "to find the trace",
		origin:     "of refused preflights, for CORS_ALLOWED_ORIGINS",
	},
	"errors": {
		unknownName: "the caller learns which member or parameter is not known. The answer goes to nobody else",
	},
	"traces": {
		traceID: "the trace is the caller's",
	},
}

// canaries plants canaries and finds them again.
type canaries struct {
	planted []canary
}

// next returns the number of the next canary.
func (c *canaries) next() int { return 1000 + len(c.planted) }

// plant keeps a canary with this text, which must be unique, and returns the text.
func (c *canaries) plant(kind canaryKind, place, text string) string {
	c.planted = append(c.planted, canary{text, kind, place})
	return text
}

// text plants a text of letters and digits. None is a part of another one.
func (c *canaries) text(kind canaryKind, place string) string {
	return c.plant(kind, place, fmt.Sprintf("zqk%dkqz", c.next()))
}

// value plants a value that the schema accepts. If the schema accepts no value that could be
// told from others, such as an ID or one of few words, it returns that of the example.
func (c *canaries) value(t *testing.T, place string, schema *openapi3.Schema, example any) any {
	t.Helper()
	n := c.next()
	switch {
	case len(schema.OneOf) > 0:
		return c.value(t, place, schema.OneOf[0].Value, example)
	case schema.Type == nil: // It is ignored, whatever it is.
		return c.text(ofRecords, place)
	case !schema.Type.Is("string") || len(schema.Enum) > 0:
		return example
	case schema.Format == "email" || strings.HasSuffix(place, " email"):
		return c.text(ofRecords, place) + "@mail.example"
	case schema.Format == "date":
		return c.plant(ofRecords, place, time.Date(1900, 1, n%36_000, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	case schema.Format == "date-time":
		return c.plant(ofRecords, place, time.Date(2021, 1, 1, 0, 0, n, n, time.UTC).Format(time.RFC3339Nano))
	case schema.Format == "password":
		return c.text(ofRecords, place) + "-lagoon-walnut!"
	}
	switch schema.Pattern {
	case "", `\S`:
		return c.text(ofRecords, place)
	case `^(\+?[0-9(][0-9 ()./-]*)?$`: // a phone number
		return c.plant(ofRecords, place, fmt.Sprintf("+1877%07d", n))
	case `^[0-9]{1,8}(\.[0-9]{1,2})?$`: // a salary
		return c.plant(ofRecords, place, fmt.Sprintf("77%06d.37", n))
	case `^ *[a-z_]+ *(, *[a-z_]+ *)*$`, `^[a-z]+:[a-z_]+$`: // names of members, a permission
		return example
	case `^("[!-~]{1,255}"|[!-~]{1,255})$`: // an idempotency key
		return c.text(ofRecords, place)
	}
	t.Fatalf("%s: teach this test to plant a value with the pattern %s", place, schema.Pattern)
	return nil
}

// endLength is the length of the ends by which find looks for canaries. None is shorter.
const endLength = 10

// find returns the canaries that are in the text. Searches fold the case, so it makes no
// difference.
func (c *canaries) find(text string) (found []canary) {
	text = strings.ToLower(text)
	ends := map[string]bool{} // all texts of that length
	for end := endLength; end <= len(text); end++ {
		ends[text[end-endLength:end]] = true
	}
	for _, planted := range c.planted {
		lower := strings.ToLower(planted.text)
		if ends[lower[len(lower)-endLength:]] && strings.Contains(text, lower) {
			found = append(found, planted)
		}
	}
	return found
}

// expectOnlyAllowed checks that the source contains no canary but those that are allowed.
func (c *canaries) expectOnlyAllowed(t *testing.T, source, text string) {
	t.Helper()
	seen := map[canaryKind]bool{}
	var leaks []string
	for _, found := range c.find(text) {
		seen[found.kind] = true
		if allowedCanaries[source][found.kind] == "" {
			leaks = append(leaks, fmt.Sprintf("%s of %s: %s", found.kind, found.place, found.text))
		}
	}
	assert.Empty(t, leaks[:min(len(leaks), 20)], "%s: contain %d texts that were sent or stored", source, len(leaks))
	for kind := range allowedCanaries[source] {
		assert.True(t, seen[kind], "%s: no %s is there, so this test does not see all, or the kind need not be allowed", source, kind)
	}
}

// members returns the members of an object by their names, from all parts of its schema.
func members(schema *openapi3.Schema) map[string]*openapi3.Schema {
	all := map[string]*openapi3.Schema{}
	for name, member := range schema.Properties {
		all[name] = member.Value
	}
	for _, part := range slices.Concat(schema.AllOf, schema.OneOf, schema.AnyOf) {
		for name, member := range members(part.Value) {
			all[name] = member
		}
	}
	return all
}
