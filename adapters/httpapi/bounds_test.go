package httpapi

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// bounds has the schemas of texts that a request can set, with what the service accepts and
// a function that makes a text of a length.
var bounds = map[string]struct {
	accepts func(text string) bool
	long    func(length int) string
}{
	"Name":                {accepts(domain.ParseName), letters},
	"PersonName":          {accepts(domain.ParsePersonName), letters},
	"Specialization":      {accepts(domain.ParseSpecialization), letters},
	"LicenseNumber":       {accepts(domain.ParseLicenseNumber), letters},
	"ExternalID":          {accepts(domain.ParseExternalID), letters},
	"FreeText":            {accepts(domain.ParseText), func(length int) string { return strings.Repeat("x", length) }},
	"GoodPassword":        {accepts(domain.ParseNewPassword), letters},
	"PhoneInput":          {accepts(domain.ParsePhone), phone},
	"PatientFields.email": {accepts(domain.ParseOptionalEmail), address},
	"Registration.email":  {accepts(domain.ParseEmail), address},
	"Credentials.username": {func(text string) bool {
		proof, err := domain.Credentials{Username: domain.Given(text), Password: domain.Given("x")}.Parse()
		return err == nil && proof.Email != domain.Email{}
	}, address},
}

// accepts reports whether parse accepts a text.
func accepts[T any](parse func(string) (T, error)) func(string) bool {
	return func(text string) bool {
		_, err := parse(text)
		return err == nil
	}
}

func letters(length int) string { return strings.Repeat("é", length) }

func phone(length int) string {
	if length == 0 {
		return ""
	}
	return "123" + strings.Repeat("-", length-3)
}

// address returns an e-mail address, or nothing if no address is so short.
func address(length int) string {
	if length < 6 {
		return ""
	}
	host := []byte(strings.Repeat("a", length-len("a@")))
	for i := len(host) - 2; i > 0; i -= 60 {
		host[i] = '.'
	}
	return "a@" + string(host)
}

// named returns a schema of openapi.yaml, or a member of one ("Registration.email").
func named(t *testing.T, spec *openapi3.T, name string) *openapi3.Schema {
	t.Helper()
	name, member, isMember := strings.Cut(name, ".")
	schema := spec.Components.Schemas[name]
	if isMember {
		schema = schema.Value.Properties[member]
	}
	require.NotNil(t, schema, name)
	return schema.Value
}

func TestOpenAPIHasTheBoundsOfTheService(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	for name, bound := range bounds {
		schema := named(t, spec, name)
		require.NotNil(t, schema.MaxLength, name)
		longest, shortest := int(*schema.MaxLength), int(schema.MinLength)
		require.Len(t, []rune(bound.long(longest)), longest, name)
		assert.True(t, bound.accepts(bound.long(longest)), "%s of %d characters", name, longest)
		assert.False(t, bound.accepts(bound.long(longest+1)), "%s of %d characters", name, longest+1)
		if shortest > 0 {
			assert.False(t, bound.accepts(bound.long(shortest-1)), "%s of %d characters", name, shortest-1)
		}
	}
	assert.EqualValues(t, domain.MaxPasswordLength, *named(t, spec, "TypedPassword").MaxLength, "no password is longer")

	isLimit := func(limit float64) bool {
		_, err := domain.PageInput{Limit: domain.Given(strconv.Itoa(int(limit)))}.Parse()
		return err == nil
	}
	limit := spec.Components.Parameters["Limit"].Value.Schema.Value
	assert.True(t, isLimit(*limit.Min) && isLimit(*limit.Max))
	assert.False(t, isLimit(*limit.Min-1) || isLimit(*limit.Max+1))
	assert.EqualValues(t, domain.DefaultPageLimit, limit.Default)
	id := named(t, spec, "ID")
	assert.InDelta(t, 1.0, *id.Min, 0)
	assert.InDelta(t, float64(math.MaxInt64), *id.Max, 0)
}

// The service also reads other ways to write an amount, such as 1e3.
func TestOpenAPIHasThePatternsOfTheService(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	salary := named(t, spec, "SalaryInput").OneOf[0].Value
	for name, value := range map[string]struct {
		schema  *openapi3.Schema
		accepts func(string) bool
		texts   []string
	}{
		"salary": {salary, accepts(domain.ParseSalary), []string{"0", "0.5", "1234.50", "99999999.99", "100000000", "1.234", "-1", "NaN", "1,5"}},
		"phone":  {named(t, spec, "PhoneInput"), accepts(domain.ParsePhone), []string{"", "+1 555 0100", "(030) 90/18.20-5", "n/a", "555x0100", "++49 30", "-555 01"}},
		"name":   {named(t, spec, "Name"), accepts(domain.ParseName), []string{"Mia Chen", " ", "\t", ""}},
	} {
		for _, text := range value.texts {
			assert.Equal(t, value.accepts(text), value.schema.VisitJSON(text) == nil, "%s %q", name, text)
		}
	}
}

// A page of a list has at most as many items as a client can ask for.
func TestOpenAPIBoundsEveryPage(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData(openAPI)
	require.NoError(t, err)
	for path, item := range spec.Paths.Map() {
		if item.Get == nil || item.Get.Parameters.GetByInAndName("query", "limit") == nil {
			continue
		}
		page := item.Get.Responses.Status(200).Value.Content["application/json"].Schema.Value
		require.NotNil(t, page.MaxItems, path)
		assert.LessOrEqual(t, *page.MaxItems, uint64(domain.MaxPageLimit), path)
		assert.Empty(t, page.Items.Value.OneOf, "%s: the items of a list have one type", path)
		assert.Empty(t, page.Items.Value.AnyOf, "%s: the items of a list have one type", path)
	}
}
