package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// transactionCounter counts the transactions that begin.
type transactionCounter struct{ begun atomic.Int64 }

func (c *transactionCounter) wrap(connector driver.Connector) driver.Connector {
	return transactionConnector{connector, c}
}

type transactionConnector struct {
	driver.Connector
	counter *transactionCounter
}

func (c transactionConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return transactionConn{conn, c.counter}, err
}

type transactionConn struct {
	driver.Conn
	counter *transactionCounter
}

func (c transactionConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c transactionConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.counter.begun.Add(1)
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
}

// crowd runs Updates that meet: the first one holds its turn until the others wait for theirs.
type crowd struct {
	t       *testing.T
	store   *sqlstore.Store
	updates sync.WaitGroup
}

// meet runs all Updates and returns their errors. An Update that panics has the error
// errPanic. The first one must not fail.
func (c *crowd) meet(updates ...func(ports.Tx) error) []error {
	errs := make([]error, len(updates))
	begun, release := make(chan struct{}), make(chan struct{})
	started := false
	run := func(i int, fn func(ports.Tx) error) {
		c.updates.Go(func() {
			defer func() {
				if recover() != nil {
					errs[i] = errPanic
				}
			}()
			errs[i] = c.store.Update(c.t.Context(), fn)
		})
	}
	run(0, func(tx ports.Tx) error {
		if !started {
			started = true
			close(begun)
			<-release
		}
		return updates[0](tx)
	})
	<-begun
	for i, fn := range updates[1:] {
		run(i+1, fn)
		require.Eventually(c.t, func() bool { return c.store.WaitingUpdates() == i+1 }, 10*time.Second, time.Millisecond)
	}
	close(release)
	c.updates.Wait()
	return errs
}

var errPanic = errors.New("panic")

func addDoctor(t *testing.T, license string) func(ports.Tx) error {
	return func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(t.Context(), newDoctor(license))
		return err
	}
}

// licenses returns the licence numbers of all doctors.
func licenses(t *testing.T, store ports.Store) (all []string) {
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		doctors, err := tx.Doctors().List(t.Context(), domain.ListQuery{Limit: 10000})
		for _, doctor := range doctors {
			all = append(all, doctor.LicenseNumber.String())
		}
		return err
	}))
	return all
}

// openShared opens a store whose Updates share transactions also on a slow machine.
func openShared(t *testing.T, wrap wrap) *sqlstore.Store {
	store, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{WrapDriver: wrap})
	counted(t, store, err).ShareLong()
	return store
}

func TestUpdatesThatMeetShareATransaction(t *testing.T) {
	counter := &transactionCounter{}
	store := openShared(t, counter.wrap)
	var updates []func(ports.Tx) error
	for i := range 30 {
		updates = append(updates, addDoctor(t, fmt.Sprint("NJ-", i)))
	}
	before := counter.begun.Load()
	for _, err := range (&crowd{t: t, store: store}).meet(updates...) {
		require.NoError(t, err)
	}
	require.Len(t, licenses(t, store), 30)
	require.Equal(t, int64(1), counter.begun.Load()-before)
	stats := store.Stats()
	require.Zero(t, stats.All)
	require.EqualValues(t, [...]uint64{1, 30, 29}, [...]uint64{stats.Commits, stats.Shared, stats.Write.Waits})
	require.Positive(t, stats.Write.Waited)
	require.Zero(t, stats.Write.Waiting)
	require.Equal(t, 1, stats.Write.Max)
	require.Greater(t, stats.Read.Max, 1)
}

func TestAFailedUpdateLeavesTheOthersAlone(t *testing.T) {
	refusal := errors.New("refused")
	store := openShared(t, nil)
	errs := (&crowd{t: t, store: store}).meet(
		addDoctor(t, "NJ-1"),
		func(tx ports.Tx) error { return errors.Join(addDoctor(t, "NJ-2")(tx), refusal) },
		addDoctor(t, "NJ-1"),
		func(tx ports.Tx) error { // An ignored Conflict is still refused.
			_ = addDoctor(t, "NJ-1")(tx)
			return addDoctor(t, "NJ-3")(tx)
		},
		func(tx ports.Tx) error {
			if err := addDoctor(t, "NJ-4")(tx); err != nil {
				return err
			}
			panic("a defect")
		},
		addDoctor(t, "NJ-5"),
	)
	require.NoError(t, errs[0])
	require.ErrorIs(t, errs[1], refusal)
	require.Equal(t, domain.Conflict, domain.KindOf(errs[2]))
	require.Equal(t, domain.Conflict, domain.KindOf(errs[3]))
	require.ErrorIs(t, errs[4], errPanic)
	require.NoError(t, errs[5])
	require.ElementsMatch(t, []string{"NJ-1", "NJ-5"}, licenses(t, store))
}

// TestAnUpdateThatEndsTheTransactionMakesTheOthersRunAgain uses a conflict clause with which
// SQLite ends the transaction, as it can do when the disk is full.
func TestAnUpdateThatEndsTheTransactionMakesTheOthersRunAgain(t *testing.T) {
	store := openShared(t, nil)
	update(t, store, addDoctor(t, "NJ-0"))
	var runs [2]int
	errs := (&crowd{t: t, store: store}).meet(
		func(tx ports.Tx) error { runs[0]++; return addDoctor(t, "NJ-1")(tx) },
		func(tx ports.Tx) error { runs[1]++; return addDoctor(t, "NJ-2")(tx) },
		func(tx ports.Tx) error {
			return sqlstore.Exec(t.Context(), tx, `INSERT OR ROLLBACK INTO doctors SELECT * FROM doctors`)
		},
		addDoctor(t, "NJ-3"),
	)
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
	require.Error(t, errs[2])
	require.NoError(t, errs[3])
	require.Equal(t, [2]int{2, 2}, runs)
	require.ElementsMatch(t, []string{"NJ-0", "NJ-1", "NJ-2", "NJ-3"}, licenses(t, store))
}

// TestAcknowledgedUpdatesAreKeptAndOthersAreNot lets many Updates end at random moments.
func TestAcknowledgedUpdatesAreKeptAndOthersAreNot(t *testing.T) {
	store := openShared(t, nil)
	var acknowledged sync.Map
	var failed atomic.Int64
	var clients sync.WaitGroup
	for client := range 32 {
		clients.Go(func() {
			for i := range 60 {
				license := fmt.Sprint("NJ-", client, "-", i)
				ctx, cancel := context.WithTimeout(t.Context(), rand.N(4*time.Millisecond)<<rand.N(8))
				err := store.Update(ctx, func(tx ports.Tx) error {
					_, err := tx.Doctors().Add(ctx, newDoctor(license))
					return err
				})
				cancel()
				switch domain.KindOf(err) {
				case domain.Unavailable:
					failed.Add(1)
				default:
					assert.NoError(t, err)
					acknowledged.Store(license, true)
				}
			}
		})
	}
	clients.Wait()
	kept := licenses(t, store)
	n := 0
	acknowledged.Range(func(any, any) bool { n++; return true })
	for _, license := range kept {
		_, ok := acknowledged.Load(license)
		assert.True(t, ok, "%s is kept, but its Update failed", license)
	}
	require.Len(t, kept, n)
	require.Positive(t, failed.Load())
	require.Positive(t, n)
	require.Zero(t, store.WaitingUpdates())
}

// TestABusyProcessGivesWay writes through two stores on one file: through one all the time,
// through the other now and then.
func TestABusyProcessGivesWay(t *testing.T) {
	path, counter := sqlitetest.New(t), &transactionCounter{}
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{WrapDriver: counter.wrap})
	busy := counted(t, store, err)
	store, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	other := counted(t, store, err)
	ctx, stop := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	for client := range 32 {
		clients.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				assert.NoError(t, busy.Update(t.Context(), addDoctor(t, fmt.Sprint("A-", client, "-", i))))
			}
		})
	}
	const times = 20
	var passed int64
	for i := range times {
		// Let the busy process write before each turn of the other one.
		before := counter.begun.Load()
		require.Eventually(t, func() bool { return counter.begun.Load() >= before+3 }, 10*time.Second, time.Millisecond)
		before = counter.begun.Load()
		assert.NoError(t, other.Update(t.Context(), addDoctor(t, fmt.Sprint("B-", i))))
		passed += counter.begun.Load() - before
	}
	stop()
	clients.Wait()
	// On average, the other process waits for a few transactions, not for hundreds.
	require.Less(t, passed, int64(times*20))
}
