package postgres_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

func TestMigrateInSeveralProcessesAtOnce(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	require.ErrorIs(t, err, sqlstore.ErrSchemaBehind)

	applied := make([]int, 8)
	var starters errgroup.Group
	for i := range applied {
		starters.Go(func() error {
			steps, err := postgres.Migrate(t.Context(), dsn, nil)
			applied[i] = len(steps)
			return err
		})
	}
	require.NoError(t, starters.Wait())
	status, err := postgres.Status(t.Context(), dsn)
	require.NoError(t, err)
	total := 0
	for _, n := range applied {
		total += n
	}
	require.Equal(t, len(status), total, "each step is applied once: %v", applied)
	require.Equal(t, "00001_clinic.sql", status[0].Name)
	for _, step := range status {
		require.False(t, step.Pending(), step.Name)
	}
	open(t, dsn, postgres.Options{})
}

func TestStatusOfAnEmptyDatabase(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "")
	status, err := postgres.Status(t.Context(), dsn)
	require.NoError(t, err)
	require.NotEmpty(t, status)
	for _, step := range status {
		require.True(t, step.Pending(), step.Name)
	}
	require.Zero(t, query[int](t, dsn, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`), "Status creates nothing")
	_, err = postgres.Open(t.Context(), dsn, postgres.Options{})
	require.ErrorIs(t, err, sqlstore.ErrSchemaBehind)
}

func TestADatabaseWithoutUTF8IsRefused(t *testing.T) {
	dsn := pgtest.NewEmpty(t, "ENCODING 'SQL_ASCII' TEMPLATE template0")
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	require.ErrorContains(t, err, "SQL_ASCII")
	require.ErrorContains(t, err, "UTF8")
}

func TestUnencryptedServerIsRefusedUnlessAllowed(t *testing.T) {
	dsn := strings.ReplaceAll(pgtest.New(t), "sslmode=disable", "")
	_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
	require.ErrorContains(t, err, "SSL")
}

func TestErrorsHoldNoPassword(t *testing.T) {
	address, err := url.Parse(pgtest.New(t))
	require.NoError(t, err)
	for _, dsn := range []string{
		"postgres://clinic:swordfish@" + address.Host + "/none?sslmode=disable", // There is no such user.
		"postgres://clinic:swordfish@127.0.0.1:1/none?sslmode=disable",
		"postgres://clinic:swordfish@host.invalid/none",
		"postgres://clinic:swordfish@host:port/none",
		"postgres://clinic:sword/swordfish@host/none",
		"postgres://clinic:%swordfish@host/none",
		"postgres://clinic:swordfish@host/none?sslmode=swordfish",
		"postgres://clinic@host/none?password=swordfish&port=swordfish",
		"host=localhost port=none password=swordfish",
		"password swordfish",
		"mysql://clinic:swordfish@host/none",
	} {
		_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		require.Error(t, err, dsn)
		require.NotContains(t, err.Error(), "swordfish", dsn)
		_, err = postgres.Migrate(t.Context(), dsn, nil)
		require.Error(t, err, dsn)
		require.NotContains(t, err.Error(), "swordfish", dsn)
	}
}

func TestAServerThatRefusesConnectionsIsUnavailable(t *testing.T) {
	_, err := postgres.Open(t.Context(), "postgres://clinic@127.0.0.1:1/none?sslmode=disable", postgres.Options{})
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	_, err = postgres.Migrate(t.Context(), "postgres://clinic@127.0.0.1:1/none?sslmode=disable", nil)
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
}
