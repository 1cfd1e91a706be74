package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestAnAddressWithoutItsSlashLeadsToThePageAlsoBehindAProxy(t *testing.T) {
	ada := newDesk(t).signedIn("ada@clinic.example", domain.Staff)
	for _, prefix := range []string{"", "/clinic"} {
		ada.header.Set("X-Forwarded-Prefix", prefix)
		for path, want := range map[string]string{
			"/console":                  "/console/",
			"/console/patients?after=x": "/console/patients/?after=x",
			"/console/patients/1":       "/console/patients/1/",
			"/console//patients/":       "/console/patients/",
			"/console/patients/../":     "/console/",
			"/console/a%2fb%3f":         "/console/a/b%3F/",
		} {
			got := ada.raw(path, "")
			assert.Equal(t, http.StatusPermanentRedirect, got.StatusCode, path)
			assert.Equal(t, prefix+want, got.Header.Get("Location"), path)
		}
	}
	ada.header.Del("X-Forwarded-Prefix")
	assert.Equal(t, "/console/patients/", ada.get("/console/patients").path())
	assert.Equal(t, http.StatusNotFound, ada.post("/console/patients", nil).StatusCode, "no page sends a form there")
}
