package httpapi_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
)

// A list that takes too long must be recorded and answered before its request ends.
func TestAListEndsBeforeItsRequest(t *testing.T) {
	assert.LessOrEqual(t, application.ListTimeout+5*time.Second, httpserver.RequestTimeout)
}
