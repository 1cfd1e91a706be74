package postgres

import (
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/sqlstore"
)

// A pooler can be installed, or set to another mode, while a service runs.
func TestErrorsOfStatementsThatAPoolerLosesNameTheSetting(t *testing.T) {
	for _, code := range []pqerror.Code{"26000", "42P05"} {
		failure := classify(&pq.Error{Code: code, Message: "hunter2"})
		assert.Equal(t, sqlstore.Unavailable, failure.Kind, code)
		assert.Contains(t, failure.Text, "DB_PREPARED_STATEMENTS=false")
		assert.NotContains(t, failure.Text, "hunter2")
	}
	assert.NotContains(t, classify(&pq.Error{Code: "23505"}).Text, "DB_PREPARED_STATEMENTS")
}
