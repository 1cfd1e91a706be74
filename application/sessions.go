package application

import (
	"context"
	"crypto/rand"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SessionRules say how long what a login gives can be used, and what it takes.
type SessionRules struct {
	// Access is the lifetime of one access token.
	Access time.Duration
	// Session is the lifetime of the whole session, from login to the last
	// refresh. It does not grow with use, so that everybody proves who they are
	// once in that time (NIST SP 800-63B-4 asks for every 24 hours at its second
	// level of assurance).
	Session time.Duration
	// AdminsNeedSecondFactor keeps administrators without one from everything
	// but enrolling it.
	AdminsNeedSecondFactor bool
}

// Grant is what a login or a refresh gives.
type Grant struct {
	Access domain.AccessToken
	// ExpiresIn is how long Access can be used from now.
	ExpiresIn time.Duration
	// Refresh gets the next Grant, once.
	Refresh domain.RefreshToken
	// Duty is what the user has to do before anything else.
	Duty domain.Duty
}

// Sessions is the use-cases on sessions: one's own, from login to logout.
type Sessions struct {
	trail       *Trail
	guard       *Guard
	tokens      ports.AccessTokens
	revocations ports.Revocations
	clock       ports.Clock
	rules       SessionRules
}

// NewSessions returns the use-cases on sessions.
func NewSessions(trail *Trail, guard *Guard, tokens ports.AccessTokens, revocations ports.Revocations, clock ports.Clock, rules SessionRules) *Sessions {
	return &Sessions{trail: trail, guard: guard, tokens: tokens, revocations: revocations, clock: clock, rules: rules}
}

// Login starts a session. An address that is unknown and an account that is not
// active are refused like a wrong password, in answer and in time. Who fails too
// often is TooMany.
func (s *Sessions) Login(ctx context.Context, actor domain.Actor, in domain.Credentials) (Grant, error) {
	return account(ctx, s.trail, actor, domain.SessionCreate, on(domain.AboutUser, 0), func(e *entry) (Grant, error) {
		proof, err := in.Parse()
		if err != nil {
			return Grant{}, err
		}
		var selector domain.RefreshSelector
		_, _ = rand.Read(selector[:]) // never fails (crypto/rand)
		refresh := domain.NewRefreshToken(selector, newRefreshSecret())
		session, err := prove(ctx, s.guard, e, proof, allFactors, func(tx ports.Tx, user domain.User) (domain.Session, error) {
			session, err := tx.Sessions().Add(ctx, domain.NewSession(user, actor.Origin, refresh, s.clock(), s.rules.Session))
			e.in(session)
			return session, err
		})
		if err != nil {
			return Grant{}, err
		}
		return s.grant(session, refresh)
	})
}

// Refresh spends a refresh token for the next Grant. One that was spent before
// ends its session: somebody has a token that is not theirs.
func (s *Sessions) Refresh(ctx context.Context, actor domain.Actor, in domain.Refresh) (Grant, error) {
	return account(ctx, s.trail, actor, domain.SessionRefresh, on(domain.AboutSession, 0), func(e *entry) (Grant, error) {
		presented, err := in.Parse()
		if err != nil {
			return Grant{}, err
		}
		if err := s.guard.limiter.refresh(ctx, actor.Origin); err != nil {
			return Grant{}, err
		}
		now := s.clock()
		secret := newRefreshSecret()
		var next domain.RefreshToken
		session, err := update(ctx, e, func(tx ports.Tx) (domain.Session, error) {
			session, err := tx.Sessions().BySelector(ctx, presented.Selector())
			if err != nil {
				return session, err
			}
			e.Subject.ID = session.ID
			if session.Accepts(presented) {
				session, next = session.Rotate(secret, now)
				e.in(session)
			} else {
				// Returned as no error, or the revocation would be rolled back.
				session = session.Revoke(now)
			}
			if !session.Usable(now, s.rules.Session) {
				e.Outcome = domain.Failed
			}
			return session, tx.Sessions().Save(ctx, session)
		})
		if err != nil {
			if domain.KindOf(err) == domain.NotFound {
				err = domain.ErrRefreshToken()
			}
			return Grant{}, err
		}
		if !session.RevokedAt.IsZero() {
			s.revocations.Revoke(session.ID)
		}
		if !session.Usable(now, s.rules.Session) {
			return Grant{}, domain.ErrRefreshToken()
		}
		return s.grant(session, next)
	})
}

// in says that an event is about a session, and of who signed in to it.
func (e *entry) in(session domain.Session) {
	e.Subject = on(domain.AboutSession, session.ID)
	e.Actor.UserID, e.Actor.Role, e.Actor.SessionID = session.UserID, session.Owner.Role, session.ID
}

// List returns a page of the actor's live sessions.
func (s *Sessions) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Session], error) {
	return account(ctx, s.trail, actor, domain.SessionReadSelf, on(domain.AboutSession, 0), func(e *entry) (Page[domain.Session], error) {
		page, err := in.Parse()
		if err != nil {
			return Page[domain.Session]{}, err
		}
		now := s.clock()
		return list(ctx, e, page, func(session domain.Session) domain.ID { return session.ID },
			func(tx ports.Tx, page domain.Page) ([]domain.Session, error) {
				return tx.Sessions().Live(ctx, actor.UserID, now, page)
			})
	})
}

// Logout ends the session in which the actor acts. One that has just ended is
// what was asked for.
func (s *Sessions) Logout(ctx context.Context, actor domain.Actor) error {
	return perform(ctx, s.trail, actor, domain.SessionRevokeSelf, on(domain.AboutSession, actor.SessionID), func(e *entry) error {
		err := s.end(ctx, e)
		if domain.KindOf(err) == domain.NotFound {
			return nil
		}
		return err
	})
}

// End ends one of the actor's live sessions. What is none of those is NotFound.
func (s *Sessions) End(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.SessionRevokeSelf, on(domain.AboutSession, id), func(e *entry) error {
		return s.end(ctx, e)
	})
}

func (s *Sessions) end(ctx context.Context, e *entry) error {
	now, id := s.clock(), e.Subject.ID
	return ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
		session, err := tx.Sessions().Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if session.UserID != e.Actor.UserID || !session.Live(now) {
			return nil, domain.ErrNotFound()
		}
		return []domain.ID{id}, tx.Sessions().Save(ctx, session.Revoke(now))
	})
}

// EndOthers ends all of the actor's sessions but the one in which the actor acts.
func (s *Sessions) EndOthers(ctx context.Context, actor domain.Actor) error {
	return perform(ctx, s.trail, actor, domain.SessionRevokeSelf, self(actor), func(e *entry) error {
		return ending(ctx, e, s.revocations, func(tx ports.Tx) ([]domain.ID, error) {
			return tx.Sessions().End(ctx, actor.UserID, actor.SessionID, s.clock())
		})
	})
}

func (s *Sessions) grant(session domain.Session, refresh domain.RefreshToken) (Grant, error) {
	actor := session.Actor(s.rules.AdminsNeedSecondFactor)
	now := session.LastUsedAt
	expires := now.Add(s.rules.Access)
	if expires.After(session.ExpiresAt) {
		expires = session.ExpiresAt
	}
	access, err := s.tokens.Issue(actor, now, expires)
	if err != nil {
		return Grant{}, err
	}
	return Grant{Access: access, ExpiresIn: expires.Sub(now), Refresh: refresh, Duty: actor.Duty}, nil
}

func newRefreshSecret() (secret domain.RefreshSecret) {
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	return secret
}
