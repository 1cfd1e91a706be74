package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
)

func TestWithoutAPrimaryTheErrorNamesTheServersInTheirOrder(t *testing.T) {
	const list = "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3,127.0.0.1:4"
	_, err := postgres.Open(t.Context(), "postgres://u:hunter2@"+list+"/x?sslmode=disable&target_session_attrs=read-write", postgres.Options{})
	require.ErrorContains(t, err, "no primary among the servers")
	require.Regexp(t, `(?s)127\.0\.0\.1:1: .*127\.0\.0\.1:2: .*127\.0\.0\.1:3: .*127\.0\.0\.1:4: `, err.Error())
	require.NotContains(t, err.Error(), "hunter2")
}
