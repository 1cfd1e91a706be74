package console

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAmountsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, typed := range []struct{ language, text, means string }{
		{"en-GB", "1234567.5", "1234567.5"},
		{"en-GB", "1,234,567.50", "1234567.50"},
		{"en-GB", " 1 234.50 ", "1234.50"},
		{"en-GB", "1,23", "1,23"},
		{"en-GB", "1.234,50", "1.234,50"},
		{"en-GB", "12345,678", "12345,678"},
		{"en-IN", "12,34,567.50", "1234567.50"},
		{"de-DE", "1.234.567,50", "1234567.50"},
		{"de-DE", "1234,5", "1234.5"},
		{"de-DE", "1234.5", "1234.5"},
		{"de-DE", "1,234.50", "1.234.50"},
		{"de-CH", "1’234.50", "1234.50"},
		{"fr-FR", "1\u202f234,50", "1234.50"},
		{"en-GB", "much", "much"},
		{"en-GB", "", ""},
	} {
		r := httptest.NewRequest("GET", Path, nil)
		r.Header.Set("Accept-Language", typed.language)
		assert.Equal(t, typed.means, localeOf(r).parseAmount(typed.text), "%s: %s", typed.language, typed.text)
	}
}
