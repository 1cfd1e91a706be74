package memory

import (
	"context"
	"errors"
	"iter"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// sessions keeps sessions without an Owner: it is the user's, whenever one is read.
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
	session.Owner = domain.SessionOwner{}
	session.CreatedAt = ports.Kept(session.CreatedAt)
	session.LastUsedAt = ports.Kept(session.LastUsedAt)
	session.ExpiresAt = ports.Kept(session.ExpiresAt)
	session.RevokedAt = ports.Kept(session.RevokedAt)
	s.selectors = s.selectors.set(selector, session.ID)
	s.byUser = s.byUser.set(pair{session.UserID, session.ID}, session.ID)
	s.sessions.set(session.ID, session)
	return s.session(session.ID)
}

func (r sessions) Get(ctx context.Context, id domain.ID) (domain.Session, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Session{}, err
	}
	return s.session(id)
}

func (r sessions) BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.Session, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Session{}, err
	}
	id, _ := s.selectors.get(string(selector[:]))
	return s.session(id)
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
	kept.LastUsedAt = ports.Kept(session.LastUsedAt)
	kept.ExpiresAt = ports.Kept(session.ExpiresAt)
	kept.RevokedAt = ports.Kept(session.RevokedAt)
	s.sessions.set(kept.ID, kept)
	return nil
}

func (r sessions) Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, s.live(user, now, page.After), s.session)
}

func (r sessions) End(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error) {
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
		s.sessions.set(id, session.Revoke(ports.Kept(now)))
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

// session returns a session as it is read.
func (s *state) session(id domain.ID) (domain.Session, error) {
	session, err := s.sessions.get(id)
	if err != nil {
		return domain.Session{}, err
	}
	user, err := s.users.get(session.UserID)
	session.Owner = user.Owner()
	return session, err
}
