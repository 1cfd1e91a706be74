package console_test

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestOnlyStaticFilesAreKeptInCaches(t *testing.T) {
	d := newDesk(t)
	ada := d.signedIn("ada@clinic.example", domain.Staff)
	folder := regexp.MustCompile(`/console/static/\w+/`).FindString(ada.get("/console/").body)
	require.NotEmpty(t, folder)
	for _, file := range []string{"console.css", "console.js", "icon.svg"} {
		got := d.browser().get(folder + file)
		assert.Equal(t, http.StatusOK, got.StatusCode, file)
		assert.Equal(t, "public, max-age=31536000, immutable", got.Header.Get("Cache-Control"), file)
		assert.Equal(t, "no-store", d.browser().get("/console/static/old/"+file).Header.Get("Cache-Control"), "an old address of %s", file)
	}
	for _, file := range []string{"", "no.css", "index.html", ".", "..", "%2e%2e%2ftexts%2fen.txt", "a%00b", "%ff"} {
		got := ada.get(folder + file)
		assert.Equal(t, http.StatusNotFound, got.StatusCode, file)
		assert.Equal(t, "no-store", got.Header.Get("Cache-Control"), file)
		assert.Equal(t, "text/html; charset=utf-8", got.Header.Get("Content-Type"), file)
	}
}
