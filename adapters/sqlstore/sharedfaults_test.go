package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestAFullDiskFailsOnlyTheUpdateThatNeedsTheSpace bounds the size of the file instead of the
// disk.
func TestAFullDiskFailsOnlyTheUpdateThatNeedsTheSpace(t *testing.T) {
	store := openShared(t, nil)
	update(t, store, func(tx ports.Tx) error {
		if err := sqlstore.Exec(t.Context(), tx, `CREATE TABLE large (bytes BLOB)`); err != nil {
			return err
		}
		return sqlstore.Exec(t.Context(), tx, `PRAGMA max_page_count = 300`)
	})
	runs := 0
	errs := (&crowd{t: t, store: store}).meet(
		func(tx ports.Tx) error { runs++; return addDoctor(t, "NJ-1")(tx) },
		func(tx ports.Tx) error {
			return sqlstore.Exec(t.Context(), tx, `INSERT INTO large VALUES (randomblob(5000000))`)
		},
		addDoctor(t, "NJ-3"),
	)
	require.NoError(t, errs[0])
	require.Equal(t, domain.Unavailable, domain.KindOf(errs[1]), "%v", errs[1])
	require.NoError(t, errs[2])
	require.Equal(t, 2, runs, "SQLite has rolled back what the first one did")
	require.ElementsMatch(t, []string{"NJ-1", "NJ-3"}, licenses(t, store))
}

// TestCloseWaitsForUpdates closes the store while one Update runs and others wait.
func TestCloseWaitsForUpdates(t *testing.T) {
	path := sqlitetest.New(t)
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	require.NoError(t, err)
	closed := make(chan error, 1)
	errs := (&crowd{t: t, store: store}).meet(
		func(tx ports.Tx) error {
			go func() { closed <- store.Close() }()
			require.Eventually(t, func() bool { return store.WaitingUpdates() == 3 }, 10*time.Second, time.Millisecond)
			return addDoctor(t, "NJ-1")(tx)
		},
		addDoctor(t, "NJ-2"),
		addDoctor(t, "NJ-3"),
	)
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.NoError(t, <-closed)
	err = store.Update(t.Context(), addDoctor(t, "NJ-4"))
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.NoError(t, store.Close())
	store, err = sqlite.Open(context.Background(), path, sqlite.Options{})
	require.ElementsMatch(t, []string{"NJ-1", "NJ-2", "NJ-3"}, licenses(t, counted(t, store, err)))
}

// TestAFailedUpdateHasAKnownOutcome loses the connection after the commit of a transaction that
// an Update shares with others.
func TestAFailedUpdateHasAKnownOutcome(t *testing.T) {
	var isLost atomic.Bool
	store := openShared(t, func(connector driver.Connector) driver.Connector { return losingConnector{connector, &isLost} })
	isLost.Store(true)
	errs := (&crowd{t: t, store: store}).meet(addDoctor(t, "NJ-1"), addDoctor(t, "NJ-1"), addDoctor(t, "NJ-2"))
	isLost.Store(false)
	for i, isUnknown := range []bool{true, false, true} {
		require.Equal(t, domain.Unavailable, domain.KindOf(errs[i]), "%v", errs[i])
		require.Equal(t, isUnknown, domain.IsOutcomeUnknown(errs[i]), "%v", errs[i])
	}
	require.ElementsMatch(t, []string{"NJ-1", "NJ-2"}, licenses(t, store))
}

// TestARefusalDueToALostChangeIsNotReturned lets SQLite end a transaction while it undoes the
// changes of an Update that was refused because of another one in that transaction.
func TestARefusalDueToALostChangeIsNotReturned(t *testing.T) {
	store := openShared(t, func(connector driver.Connector) driver.Connector { return endingConnector{connector, &sync.Once{}} })
	givesUp := errors.New("gives up")
	runs := 0
	errs := (&crowd{t: t, store: store}).meet(
		func(tx ports.Tx) error {
			if runs++; runs > 1 {
				return givesUp
			}
			return addDoctor(t, "NJ-1")(tx)
		},
		addDoctor(t, "NJ-1"),
	)
	require.ErrorIs(t, errs[0], givesUp)
	require.NoError(t, errs[1])
	require.Equal(t, []string{"NJ-1"}, licenses(t, store))
}

// endingConnector is a driver that once ends the transaction instead of going back to a savepoint.
type endingConnector struct {
	driver.Connector
	once *sync.Once
}

func (c endingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return endingConn{conn, c.once}, err
}

type endingConn struct {
	driver.Conn
	once *sync.Once
}

func (c endingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if strings.HasPrefix(query, "ROLLBACK TO") {
		c.once.Do(func() { query = "ROLLBACK; " + query })
	}
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c endingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

// losingConnector is a driver that loses the connection after a commit while isLost is true.
type losingConnector struct {
	driver.Connector
	isLost *atomic.Bool
}

func (c losingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return losingConn{conn, c.isLost}, err
}

type losingConn struct {
	driver.Conn
	isLost *atomic.Bool
}

func (c losingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c losingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
	return losingTx{tx, c.isLost}, err
}

type losingTx struct {
	driver.Tx
	isLost *atomic.Bool
}

func (tx losingTx) Commit() error {
	err := tx.Tx.Commit()
	if tx.isLost.Load() {
		return errors.Join(err, driver.ErrBadConn)
	}
	return err
}
