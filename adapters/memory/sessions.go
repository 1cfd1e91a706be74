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
		return domain.Session{}, r.tx.refuse(errors.New("memory: a session's selector is another one's"))
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
	kept, err := s.sessions.get(session.ID)
	if err != nil {
		return err
	}
	kept.RefreshHash = session.RefreshHash
	kept.SpentHash, kept.Successor = session.SpentHash, session.Successor
	kept.SpentAt = ports.ToMicroseconds(session.SpentAt)
	kept.LastUsedAt = ports.ToMicroseconds(session.LastUsedAt)
	kept.ExpiresAt = ports.ToMicroseconds(session.ExpiresAt)
	kept.RevokedAt = ports.ToMicroseconds(session.RevokedAt)
	s.sessions.set(kept.ID, kept)
	return nil
}

func (r sessions) Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, s.live(user, now, page.After), s.sessions.get)
}

func (r sessions) RevokeAll(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return nil, err
	}
	ended := []domain.ID{}
	for id := range s.live(user, now, 0) {
		if id == except {
			continue
		}
		session, err := s.sessions.get(id)
		if err != nil {
			return nil, err
		}
		s.sessions.set(id, session.Revoke(ports.ToMicroseconds(now)))
		ended = append(ended, id)
	}
	return ended, nil
}

// live iterates over the IDs above after of the user's sessions that are live at now.
func (s *state) live(user domain.ID, now time.Time, after domain.ID) iter.Seq[domain.ID] {
	return func(yield func(domain.ID) bool) {
		for id := range of(s.byUser, user, after) {
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
