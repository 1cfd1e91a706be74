// Package memory is a complete ports.Store in the memory of the process, to
// drive use-cases with in tests: package clinictest has all of them over one.
//
// A store starts empty and is garbage when nothing refers to it any more: there
// is nothing to open, to close or to clean up, and any number can be used side
// by side. It keeps every promise of package ports, races and rollbacks included,
// but for one: nothing survives the process. Adding, finding and deleting takes
// O(log n), so that tens of thousands of entities are no trouble.
//
// Updates run one after the other, so fn runs once and never collides. Views
// wait for nobody: they read what was last committed.
//
// A Tx that is used after its fn has returned gives an Internal error.
//
// The store is its own ports.Revocations: there are no other instances.
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
	committed atomic.Pointer[state]
	// updating is held by the Update that runs. It is a channel and no mutex so
	// that waiting for it can be given up.
	updating chan struct{}
}

var (
	_ ports.Store       = (*Store)(nil)
	_ ports.Revocations = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	s := &Store{updating: make(chan struct{}, 1)}
	s.committed.Store(newState())
	return s
}

// View runs fn. What it reads it reads from the last commit before.
func (s *Store) View(_ context.Context, fn func(ports.Tx) error) error {
	tx := &tx{committed: &s.committed}
	defer tx.invalidate()
	return fn(tx)
}

// Update runs fn on a snapshot, which takes the place of what was committed
// before if fn returns nil. Otherwise it is dropped: nothing needs to be undone.
func (s *Store) Update(ctx context.Context, fn func(ports.Tx) error) error {
	select {
	case s.updating <- struct{}{}:
		defer func() { <-s.updating }()
	case <-ctx.Done():
		return contextEnded(ctx)
	}
	snapshot := *s.committed.Load()
	tx := &tx{snapshot: &snapshot}
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

// Ready returns nil: memory is always there.
func (s *Store) Ready(context.Context) error { return nil }

// Revoked reports whether the session was revoked by an Update that was
// committed. That is always known; a session that does not exist was not revoked.
func (s *Store) Revoked(session domain.ID) (revoked, known bool) {
	found, _ := s.committed.Load().sessions.rows.get(session)
	return !found.RevokedAt.IsZero(), true
}

// Revoke does nothing: what was revoked is in force once it is committed.
func (s *Store) Revoke(...domain.ID) {}

func contextEnded(ctx context.Context) error {
	return domain.ErrUnavailable(fmt.Errorf("memory: %w", ctx.Err()))
}

// tx is a View if it has what was committed, and an Update if it has a snapshot
// of its own. It is neither when its fn has returned.
type tx struct {
	committed *atomic.Pointer[state]
	snapshot  *state
	// refusal is of a write, after which an Update does not go on.
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
		return nil, errors.New("memory: a View was written through")
	}
	return t.reading(ctx)
}

// refuse ends the Update with err, also when fn drops it.
func (t *tx) refuse(err error) error {
	t.failure = err
	return err
}
