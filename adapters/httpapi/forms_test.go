package httpapi

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

const multipartType = `multipart/form-data; boundary=XX`

// parts returns a multipart body.
func parts(each ...string) string {
	var body strings.Builder
	for _, part := range each {
		body.WriteString("--XX\r\nContent-Disposition: form-data; " + part + "\r\n")
	}
	return body.String() + "--XX--\r\n"
}

// readForm parses text as a form of the media type.
func readForm(t testing.TB, mediaType, text string) (*body, error) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, "/", nil)
	req.Header.Set(echo.HeaderContentType, mediaType)
	parse := formParser(req)
	require.NotNil(t, parse, mediaType)
	return parse([]byte(text))
}

func TestFormFieldsAreMembers(t *testing.T) {
	for mediaType, text := range map[string]string{
		echo.MIMEApplicationForm:                           "name=Zo%C3%AB+%22x%22&empty=&&none&id=7&x[]=1",
		"Application/X-WWW-Form-URLEncoded; charset=UTF-8": "name=Zo\u00eb%20%22x%22&empty=&none=&id=7&x%5B%5D=1",
		multipartType: parts("name=name\r\n\r\nZo\u00eb \"x\"", "name=\"empty\"\r\n\r\n", `name=none; filename=""`+"\r\n\r\n",
			"name=id\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n7", "name=\"x[]\"\r\n\r\n1"),
	} {
		b, err := readForm(t, mediaType, text)
		require.NoError(t, err, mediaType)
		assert.Equal(t, domain.Given(`Zoë "x"`), b.text("name"), mediaType)
		assert.Equal(t, domain.Given(""), b.secret("empty"), mediaType)
		assert.Equal(t, domain.Given(""), b.text("none"), mediaType)
		assert.Equal(t, domain.Given("7"), b.reference("id"), mediaType)
		assert.Equal(t, []string{"x[]"}, b.rest(), mediaType)
	}
}

// In a form, a value that looks like JSON is a string.
func TestFormFieldsAreStrings(t *testing.T) {
	for _, text := range []string{"null", "true", "7", "7.0", `"x"`, "{}", `{"id":1}`, "[1]", "", "\\u0041"} {
		b, err := readForm(t, echo.MIMEApplicationForm, url.Values{"a": {text}, "b": {text}, "c": {text}, "d": {text}, "e": {text}}.Encode())
		require.NoError(t, err)
		assert.Equal(t, domain.Given(text), b.text("a"))
		assert.Equal(t, domain.Given(text), b.secret("b"))
		assert.Equal(t, domain.Given(text), b.number("c"))
		assert.Equal(t, domain.Given(text), b.reference("d"))
		assert.Equal(t, domain.Unreadable("Must be true or false."), b.flag("e"))
	}
}

func TestInvalidFormsAreRefused(t *testing.T) {
	var fields, many []string
	for i := range maxMembers + 1 {
		fields = append(fields, fmt.Sprintf("f%d=", i))
		many = append(many, fmt.Sprintf("name=f%d\r\n\r\n", i))
	}
	for name, text := range map[string]string{
		"a bad escape":           "name=%zz",
		"a bad escape in a name": "%=1",
		"not UTF-8":              "name=%ff",
		"name not UTF-8":         "%ff=1",
		"NUL":                    "name=%00",
		"NUL in a name":          "n%00=1",
		"equal names":            "name=1&name=2",
		"too many":               strings.Join(fields, "&"),
	} {
		_, err := readForm(t, echo.MIMEApplicationForm, text)
		assertFormError(t, err, name)
	}
	for name, text := range map[string]string{
		"nothing":           "",
		"no last boundary":  "--XX\r\nContent-Disposition: form-data; name=name\r\n\r\nAda",
		"unfinished header": "--XX\r\nContent-Disposition: form-data; name=name",
		"wrong boundary":    strings.ReplaceAll(parts("name=name\r\n\r\nAda"), "XX", "YY"),
		"not UTF-8":         parts("name=name\r\n\r\n\xff"),
		"NUL":               parts("name=name\r\n\r\n\x00"),
		"equal names":       parts("name=name\r\n\r\nx", "name=name\r\n\r\ny"),
		"too many":          parts(many...),
		"a file":            parts("name=address; filename=x.txt\r\n\r\nx"),
	} {
		_, err := readForm(t, multipartType, text)
		assertFormError(t, err, name)
	}
	_, err := readForm(t, "multipart/form-data", parts("name=name\r\n\r\nAda"))
	assertFormError(t, err, "no boundary")
	_, err = readForm(t, echo.MIMEApplicationForm, strings.Join(fields[1:], "&"))
	assert.NoError(t, err, "the most fields that are allowed")
}

func assertFormError(t *testing.T, err error, name string) {
	t.Helper()
	var refused *requestError
	if assert.ErrorAs(t, err, &refused, name) {
		assert.Equal(t, http.StatusBadRequest, refused.status, name)
		assert.True(t, strings.HasPrefix(refused.detail, "Form parse error - "), refused.detail)
	}
}

func TestOnlyFormMediaTypesAreForms(t *testing.T) {
	for _, mediaType := range []string{"", "text/plain", "application/xml", "multipart/mixed; boundary=XX", "application/json", "application/x-www-form-urlencoded; charset"} {
		req := httptest.NewRequest(http.MethodPost, "/", nil)
		req.Header.Set(echo.HeaderContentType, mediaType)
		assert.Nil(t, formParser(req), mediaType)
	}
	req := httptest.NewRequest(http.MethodPost, "/", nil)
	req.Header.Set(echo.HeaderContentType, echo.MIMEApplicationForm)
	req.Header.Set(echo.HeaderContentEncoding, "gzip")
	assert.Nil(t, formParser(req), "compressed")
}

// FuzzForms checks that a parsed form could also be sent as JSON.
func FuzzForms(f *testing.F) {
	f.Add("name=Ada&name2=%C3%AB")
	f.Add(parts("name=name\r\n\r\nAda"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, mediaType := range []string{echo.MIMEApplicationForm, multipartType} {
			form, err := readForm(t, mediaType, text)
			if err != nil {
				continue
			}
			if len(form.members) > maxMembers {
				t.Fatal("too many fields")
			}
			for name, value := range form.members {
				if !utf8.ValidString(name) || !utf8.Valid(value) || strings.Contains(name+string(value), "\x00") {
					t.Fatalf("%q is %q", name, value)
				}
			}
		}
	})
}
