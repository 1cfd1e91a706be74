package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestReadyFailsWhileTheDiskIsFull fills a small disk and then frees space again.
func TestReadyFailsWhileTheDiskIsFull(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("mounting a small disk requires root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(disk, 0)) })
	store := open(t, filepath.Join(disk, "records.db"), sqlite.Options{})
	require.NoError(t, store.Ready(t.Context()))

	rest := filepath.Join(disk, "rest")
	require.ErrorIs(t, os.WriteFile(rest, make([]byte, 4<<20), 0o600), syscall.ENOSPC)
	// Ready relies on an earlier commit for a second.
	time.Sleep(time.Second)
	// The log may have space for some more pages.
	require.Eventually(t, func() bool { return store.Ready(t.Context()) != nil }, time.Minute, 100*time.Millisecond)
	err := store.Ready(t.Context())
	require.Equal(t, domain.Unavailable, domain.KindOf(err))
	require.ErrorContains(t, err, "disk is full")
	_, err = addDoctor(t.Context(), store, "NJ-1")
	require.Equal(t, domain.Unavailable, domain.KindOf(err), "%v", err)
	require.Empty(t, all(t, store), "reading still works")

	require.NoError(t, os.Remove(rest))
	require.NoError(t, store.Ready(t.Context()))
	_, err = addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
}

// TestReadyFailsWhileAnotherProcessKeepsTheFileLocked also checks that Ready fails before its
// callers stop waiting.
func TestReadyFailsWhileAnotherProcessKeepsTheFileLocked(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	other := direct(t, path)
	_, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	require.NoError(t, err)
	start := time.Now()
	err = store.Ready(t.Context())
	require.Less(t, time.Since(start), 2*time.Second)
	require.Equal(t, domain.Unavailable, domain.KindOf(err))
	require.ErrorContains(t, err, "SQLITE_BUSY")
	_, err = other.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.NoError(t, store.Ready(t.Context()))
}

// TestReadyWritesAtMostOnceASecond measures the size of the log.
func TestReadyWritesAtMostOnceASecond(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	pages := func() int64 {
		log, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		return log.Size()
	}
	start, before := time.Now(), pages()
	for time.Since(start) < 500*time.Millisecond {
		require.NoError(t, store.Ready(t.Context()))
	}
	const page = 4096 + 24 // SQLite, "WAL Format"
	require.LessOrEqual(t, pages()-before, int64(32+page))
	_, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	before = pages()
	require.NoError(t, store.Ready(t.Context()))
	require.Equal(t, before, pages(), "Ready relies on the commit of the change")
}

func TestUpdatesRunInTheOrderOfTheirArrival(t *testing.T) {
	store := open(t, newPath(t), sqlite.Options{})
	const waiting = 10
	var order []int
	updates := make(chan error, waiting)
	require.NoError(t, store.Update(t.Context(), func(ports.Tx) error {
		for i := range waiting {
			go func() {
				updates <- store.Update(context.WithoutCancel(t.Context()), func(ports.Tx) error {
					order = append(order, i)
					return nil
				})
			}()
			time.Sleep(10 * time.Millisecond)
		}
		return nil
	}))
	for range waiting {
		require.NoError(t, <-updates)
	}
	require.IsIncreasing(t, order)
}
