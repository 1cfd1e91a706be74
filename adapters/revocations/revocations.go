// Package revocations keeps in memory which sessions were revoked, so that no
// request has to ask the store.
package revocations

import (
	"context"
	"sync"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	// validity is how long a confirmation counts: what ports.Revocations promises.
	validity = time.Second
	// margin allows for clocks that differ, as a token bears the time of the instance
	// that issued it and a revocation that of the one that made it, and for the time
	// until it is committed.
	margin = 2*domain.ClockSkew + 3*time.Minute
)

// Source is where all revocations are kept.
type Source interface {
	// RevokedSince returns the IDs of the sessions that were revoked after since,
	// in any order.
	RevokedSince(ctx context.Context, since time.Time) ([]domain.ID, error)
}

// Set is a ports.Revocations in memory. It has to be fed, by Poll or by who calls
// Revoke and Confirm for each revocation anywhere; until then nothing is known.
// Its methods may be called at the same time.
type Set struct {
	source Source
	// kept is for how long at least a revocation stays here.
	kept time.Duration

	mu sync.RWMutex
	// confirmed is the time before which every revocation is here.
	confirmed time.Time
	// recent has what came since turned. At the first revocation when that is as
	// long ago as things are kept, it becomes older, and what was older is dropped.
	recent, older map[domain.ID]struct{}
	turned        time.Time
}

var _ ports.Revocations = (*Set)(nil)

// New returns an empty set of what is in source. lifetime is how long an access
// token is good at most. A revocation is kept for that and five minutes more; as
// others follow, it is dropped before twice that time is over.
func New(source Source, lifetime time.Duration) *Set {
	return &Set{
		source: source,
		kept:   lifetime + margin,
		recent: map[domain.ID]struct{}{},
		turned: time.Now(),
	}
}

// Revoked implements ports.Revocations. That a session was revoked is always
// known; that it was not, when the latest confirmation is at most a second old.
func (s *Set) Revoked(session domain.ID) (revoked, known bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if _, revoked = s.recent[session]; !revoked {
		_, revoked = s.older[session]
	}
	return revoked, revoked || time.Since(s.confirmed) <= validity
}

// Revoke implements ports.Revocations.
func (s *Set) Revoke(sessions ...domain.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); now.Sub(s.turned) >= s.kept {
		s.recent, s.older, s.turned = map[domain.ID]struct{}{}, s.recent, now
	}
	for _, session := range sessions {
		s.recent[session] = struct{}{}
	}
}

// Confirm says that whatever was revoked before asOf, on any instance, has been
// given to Revoke. asOf comes from time.Now. An earlier time than was confirmed
// before changes nothing.
func (s *Set) Confirm(asOf time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asOf.After(s.confirmed) {
		s.confirmed = asOf
	}
}

// Load looks up everything that may still matter in the source, and confirms it.
// On an error nothing is confirmed. It gives up after a second: what takes longer
// would confirm nothing.
func (s *Set) Load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, validity)
	defer cancel()
	asOf := time.Now()
	sessions, err := s.source.RevokedSince(ctx, asOf.Add(-s.kept))
	if err != nil {
		return err
	}
	s.Revoke(sessions...)
	s.Confirm(asOf)
	return nil
}
