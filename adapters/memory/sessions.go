package memory

import (
	"context"
	"errors"
	"iter"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type sessions struct{ tx *tx }

func (r sessions) Add(ctx context.Context, session domain.Session) (domain.Session, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Session{}, err
	}
	if !s.users.has(session.UserID) {
		return domain.Session{}, r.tx.refuse(domain.ErrNoSuchReference("user"))
	}
	selector := string(session.Selector[:])
	if _, taken := s.selectors.get(selector); taken {
		return domain.Session{}, r.tx.refuse(errors.New("memory: another session has the same selector"))
	}
	session.ID = s.sessions.nextID()
	session.CreatedAt = ports.ToMicroseconds(session.CreatedAt)
	session.LastUsedAt = ports.ToMicroseconds(session.LastUsedAt)
	session.ExpiresAt = ports.ToMicroseconds(session.ExpiresAt)
	session.RevokedAt = ports.ToMicroseconds(session.RevokedAt)
	session.SpentAt = ports.ToMicroseconds(session.SpentAt)
	s.selectors = s.selectors.set(selector, session.ID)
	s.byUser = s.byUser.set(pair{session.UserID, session.ID}, session.ID)
	s.sessions.set(session.ID, session)
	return session, nil
}

func (r sessions) Get(ctx context.Context, id domain.ID) (domain.SessionView, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.SessionView{}, err
	}
	return s.sessionView(id)
}

func (r sessions) BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.SessionView, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.SessionView{}, err
	}
	if selector == (domain.RefreshSelector{}) {
		return domain.SessionView{}, domain.ErrNotFound()
	}
	id, _ := s.selectors.get(string(selector[:]))
	return s.sessionView(id)
}

func (r sessions) Save(ctx context.Context, session domain.Session) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	stored, err := s.sessions.get(session.ID)
	if err != nil {
		return err
	}
	stored.RefreshHash = session.RefreshHash
	stored.SpentHash, stored.Successor = session.SpentHash, session.Successor
	stored.SpentAt = ports.ToMicroseconds(session.SpentAt)
	stored.LastUsedAt = ports.ToMicroseconds(session.LastUsedAt)
	stored.ExpiresAt = ports.ToMicroseconds(session.ExpiresAt)
	stored.RevokedAt = ports.ToMicroseconds(session.RevokedAt)
	s.sessions.set(stored.ID, stored)
	return nil
}

func (r sessions) Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return readPage(page.Limit, each(s.liveSessions(user, now, page.After), s.sessions.get))
}

func (r sessions) RevokeAll(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	revoked := []domain.ID{}
	for id := range s.liveSessions(user, now, 0) {
		if id == except {
			continue
		}
		session, err := s.sessions.get(id)
		if err != nil {
			return nil, err
		}
		s.sessions.set(id, session.Revoke(ports.ToMicroseconds(now)))
		revoked = append(revoked, id)
	}
	return revoked, nil
}

// liveSessions iterates over the IDs above after of the user's sessions that are live at now.
func (s *state) liveSessions(user domain.ID, now time.Time, after domain.ID) iter.Seq[domain.ID] {
	return func(yield func(domain.ID) bool) {
		for id := range pairsOf(s.byUser, user, after) {
			session, _ := s.sessions.rows.get(id)
			if session.Live(now) && !yield(id) {
				return
			}
		}
	}
}

func (s *state) sessionView(id domain.ID) (domain.SessionView, error) {
	session, err := s.sessions.get(id)
	if err != nil {
		return domain.SessionView{}, err
	}
	user, err := s.users.get(session.UserID)
	return domain.SessionView{Session: session, Owner: user.SessionOwner()}, err
}
