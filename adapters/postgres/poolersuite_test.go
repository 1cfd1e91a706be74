package postgres_test

import (
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/ports"
	"example.com/healthcare/ports/portstest"
)

// poolings are the ways of docs/operations.md to use pgbouncer before 1.21.
var poolings = []struct {
	name, mode string
	unprepared bool
}{
	{"session", pgtest.SessionPooling, false},
	{"session unprepared", pgtest.SessionPooling, true},
	{"transaction unprepared", pgtest.TransactionPooling, true},
}

// TestStoreBehindAPooler runs the contract suites three times, so make test leaves it out.
func TestStoreBehindAPooler(t *testing.T) {
	if os.Getenv("TEST_POOLER") == "" {
		t.Skip("only with TEST_POOLER=1: make test-postgres-versions sets it")
	}
	for _, tt := range poolings {
		t.Run(tt.name, func(t *testing.T) {
			portstest.TestStore(t, openPooled(t, tt.mode, tt.unprepared))
			portstest.TestConcurrentStore(t, openPooled(t, tt.mode, tt.unprepared))
		})
	}
}

// openPooled returns a function that opens empty stores behind one pgbouncer. They wait long for locks, as is
// necessary on a busy machine; pgbouncer does not let a client choose that.
func openPooled(t *testing.T, mode string, unprepared bool) func(*testing.T) ports.Store {
	t.Helper()
	pooler, err := url.Parse(pgtest.Pooler(t, pgtest.New(t), mode))
	require.NoError(t, err)
	return func(t *testing.T) ports.Store {
		database, err := url.Parse(pgtest.New(t))
		require.NoError(t, err)
		require.NoError(t, execute(t, database.String(), `ALTER DATABASE `+database.Path[1:]+` SET lock_timeout = '60s'`))
		database.Host = pooler.Host
		return open(t, database.String(), postgres.Options{Unprepared: unprepared})
	}
}
