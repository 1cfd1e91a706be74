// Package memory is a complete ports.Store in the memory of the process, for tests of the
// use-cases. Package clinictest provides all use-cases over such a store.
//
// A store starts empty and needs no closing. Any number of stores can be used at the same
// time. A store keeps every promise of package ports, including those about concurrent
// Updates and rollbacks, except that nothing survives the process. Adding, finding and
// deleting an entity takes O(log n).
//
// Updates run one after the other, so each runs its fn once. Views do not wait for them:
// they read what was last committed.
//
// Using a Tx after its fn has returned is an Internal error.
//
// The store is its own ports.Revocations, because no other instance can share it.
package memory

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Store is a ports.Store in memory. It is safe for concurrent use.
type Store struct {
	id        domain.StoreID
	committed atomic.Pointer[state]
	// updating is held by the running Update. It is a channel rather than a mutex, so that
	// the wait for it can end with a context.
	updating chan struct{}
}

var (
	_ ports.Store       = (*Store)(nil)
	_ ports.Revocations = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	s := &Store{id: domain.NewStoreID(), updating: make(chan struct{}, 1)}
	s.committed.Store(newState())
	return s
}

// View runs fn. Each read sees the last commit before it.
func (s *Store) View(_ context.Context, fn func(ports.Tx) error) error {
	tx := &tx{store: s.id, committed: &s.committed}
	defer tx.invalidate()
	return fn(tx)
}

// Update runs fn on a snapshot. If fn returns nil, the snapshot replaces the committed state;
// otherwise it is discarded.
func (s *Store) Update(ctx context.Context, fn func(ports.Tx) error) error {
	select {
	case s.updating <- struct{}{}:
		defer func() { <-s.updating }()
	case <-ctx.Done():
		return contextEnded(ctx)
	}
	snapshot := *s.committed.Load()
	tx := &tx{store: s.id, snapshot: &snapshot}
	defer tx.invalidate()
	if err := fn(tx); err != nil {
		return err
	}
	switch {
	case tx.failure != nil:
		return tx.failure
	case ctx.Err() != nil:
		return contextEnded(ctx)
	}
	s.committed.Store(&snapshot)
	return nil
}

// Ready returns nil.
func (s *Store) Ready(context.Context) error { return nil }

// Revoked reports whether a committed Update has revoked the session. That is always known. A
// session that does not exist was not revoked.
func (s *Store) Revoked(session domain.ID) (revoked, known bool) {
	found, _ := s.committed.Load().sessions.rows.get(session)
	return !found.RevokedAt.IsZero(), true
}

// Revoke does nothing, because Revoked reads the committed state.
func (s *Store) Revoke(...domain.ID) {}

func contextEnded(ctx context.Context) error {
	return domain.ErrUnavailable(fmt.Errorf("memory: %w", ctx.Err()))
}

// tx belongs to a View if committed is set, and to an Update if snapshot is set. Neither is
// set after its fn has returned.
type tx struct {
	store     domain.StoreID
	committed *atomic.Pointer[state]
	snapshot  *state
	// failure is the error of a write that was refused. After it, the Update cannot go on.
	failure error
}

func (t *tx) invalidate() { *t = tx{} }

// reading returns the state to read from.
func (t *tx) reading(ctx context.Context) (*state, error) {
	switch {
	case ctx.Err() != nil:
		return nil, contextEnded(ctx)
	case t.failure != nil:
		return nil, t.failure
	case t.snapshot != nil:
		return t.snapshot, nil
	case t.committed != nil:
		return t.committed.Load(), nil
	default:
		return nil, errors.New("memory: a Tx was used after its fn returned")
	}
}

// writing returns the state to change.
func (t *tx) writing(ctx context.Context) (*state, error) {
	if t.committed != nil {
		return nil, errors.New("memory: View cannot write")
	}
	return t.reading(ctx)
}

// refuse makes the Update fail with err, even if fn ignores it.
func (t *tx) refuse(err error) error {
	t.failure = err
	return err
}
