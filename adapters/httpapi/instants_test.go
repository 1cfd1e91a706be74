package httpapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// Some clients compare times as strings, or parse only one format.
func TestAllTimesHaveSixFractionalDigits(t *testing.T) {
	instant := regexp.MustCompile(`[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)
	sixDigits := regexp.MustCompile(`\.[0-9]{6}Z$`)
	forEachStore(t, func(t *testing.T, api *api) {
		api.SetTime(api.Now().Truncate(time.Second))
		admin := api.signUp("admin@example.com", domain.Admin)
		api.signUp("staff@example.com", domain.Staff)
		api.populate(admin)
		seen := 0
		for _, endpoint := range endpoints {
			if endpoint.method != http.MethodGet || endpoint.asAdmin != http.StatusOK || strings.HasPrefix(endpoint.path, "/openapi.") {
				continue
			}
			for _, at := range instant.FindAllString(string(api.want(200, "GET", endpoint.path, admin, "").body), -1) {
				assert.Regexp(t, sixDigits, at, endpoint.path)
				seen++
			}
		}
		assert.Greater(t, seen, 10)
	})
}
