package memory

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// sessions keeps sessions without a Role: it is the user's, whenever one is read.
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
	session.Role = ""
	session.CreatedAt = ports.Kept(session.CreatedAt)
	session.ExpiresAt = ports.Kept(session.ExpiresAt)
	session.RevokedAt = ports.Kept(session.RevokedAt)
	s.selectors = s.selectors.set(selector, session.ID)
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
	kept.ExpiresAt = ports.Kept(session.ExpiresAt)
	kept.RevokedAt = ports.Kept(session.RevokedAt)
	s.sessions.set(kept.ID, kept)
	return nil
}

// session returns a session as it is read.
func (s *state) session(id domain.ID) (domain.Session, error) {
	session, err := s.sessions.get(id)
	if err != nil {
		return domain.Session{}, err
	}
	user, err := s.users.get(session.UserID)
	session.Role = user.Role
	return session, err
}
