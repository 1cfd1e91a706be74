// Package revocations keeps the revoked sessions in memory, so that requests need not query
// the store for them.
package revocations

import (
	"context"
	"sync"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	// validity is how long a confirmation is valid, as ports.Revocations promises.
	validity = time.Second
	// margin is added to the lifetime of tokens. It allows for the clock skew between the
	// instance that issued a token and the one that revoked its session, and for the time
	// until a revocation is committed.
	margin = 2*domain.ClockSkew + 3*time.Minute
)

// Source is the store of all revocations.
type Source interface {
	// RevokedSince returns the IDs of the sessions that were revoked after since,
	// in any order.
	RevokedSince(ctx context.Context, since time.Time) ([]domain.ID, error)
}

// Set implements ports.Revocations in memory. Either Poll fills it, or a caller of Revoke
// and Confirm that receives the revocations of all instances. It is safe for concurrent
// use.
type Set struct {
	source Source
	// retention is the minimum time that a revocation stays in the set.
	retention time.Duration
	created   time.Time

	mu sync.RWMutex
	// confirmed is the time before which the set contains every revocation.
	confirmed time.Time
	// recent holds the revocations since rotated. When Revoke finds that rotated is longer
	// ago than retention, it moves recent to older and drops the previous older.
	recent, older map[domain.ID]struct{}
	rotated       time.Time
}

var _ ports.Revocations = (*Set)(nil)

// New returns an empty set. lifetime is the maximum lifetime of an access token. A
// revocation stays in the set for five minutes longer than that, and is dropped before
// twice that time has passed if other revocations follow.
func New(source Source, lifetime time.Duration) *Set {
	now := time.Now()
	return &Set{
		source:    source,
		retention: lifetime + margin,
		created:   now,
		recent:    map[domain.ID]struct{}{},
		rotated:   now,
	}
}

// Revoked implements ports.Revocations. The result is known if the set contains the
// session, or if the latest confirmation is at most a second old.
func (s *Set) Revoked(session domain.ID) (revoked, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, revoked = s.recent[session]; !revoked {
		_, revoked = s.older[session]
	}
	return revoked, revoked || time.Since(s.confirmed) <= validity
}

// Age returns how old the latest confirmation is or, before the first one, how long ago the
// set was created. Above a second, requests ask the store.
func (s *Set) Age() time.Duration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.confirmed.IsZero() {
		return time.Since(s.created)
	}
	return time.Since(s.confirmed)
}

// Revoke implements ports.Revocations.
func (s *Set) Revoke(sessions ...domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.rotated) >= s.retention {
		s.recent, s.older, s.rotated = map[domain.ID]struct{}{}, s.recent, now
	}
	for _, session := range sessions {
		s.recent[session] = struct{}{}
	}
}

// Confirm declares that Revoke has been called for every revocation before asOf, on any
// instance. asOf must come from time.Now. A time before the last confirmation has no
// effect.
func (s *Set) Confirm(asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asOf.After(s.confirmed) {
		s.confirmed = asOf
	}
}

// Load reads the revocations of tokens that can still be valid from the source, and
// confirms them. On an error it confirms nothing. It times out after a second, because a
// confirmation of that age would not be valid.
func (s *Set) Load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, validity)
	defer cancel()
	asOf := time.Now()
	sessions, err := s.source.RevokedSince(ctx, asOf.Add(-s.retention))
	if err != nil {
		return err
	}
	s.Revoke(sessions...)
	s.Confirm(asOf)
	return nil
}
