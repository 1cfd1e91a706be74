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
	// RefreshGrace is how long a spent refresh token gets the same successor again;
	// zero turns that off.
	RefreshGrace time.Duration
	// KeepRefreshTokens has a refresh answer with the token that it was given, for clients
	// that keep the token of their login. A stolen one then goes unnoticed.
	KeepRefreshTokens bool
	// AdminsNeedSecondFactor keeps administrators without one from everything
	// but enrolling it.
	AdminsNeedSecondFactor bool
}

// Grant is what a login or a refresh gives.
type Grant struct {
	Access domain.AccessToken
	// ExpiresIn is how long Access can be used from now.
	ExpiresIn time.Duration
	// Refresh gets the next Grant: once, unless refresh tokens are kept.
	Refresh domain.RefreshToken
	// Duty is what the user has to do before anything else.
	Duty domain.Duty
}

// Sessions is the use-cases on sessions: one's own, from login to logout.
type Sessions struct {
	trail  *Trail
	guard  *Guard
	tokens ports.AccessTokens
	clock  ports.Clock
	rules  SessionRules
}

// Login starts a session. An address that is unknown and an account that is not
// active are refused like a wrong password, in answer and in time. Too many failures
// are TooMany.
func (s *Sessions) Login(ctx context.Context, actor domain.Actor, in domain.Credentials) (Grant, error) {
	proof, invalid := in.Parse()
	address, _, _ := domain.LoginKeys(proof.Email, actor.Origin)
	return perform(ctx, s.trail, attempt{by: actor, to: domain.SessionCreate, on: some(domain.SubjectUser), invalid: invalid, address: address},
		func(e *entry) (Grant, error) {
			var selector domain.RefreshSelector
			_, _ = rand.Read(selector[:]) // never fails (crypto/rand)
			refresh := domain.NewRefreshToken(selector, newRefreshSecret())
			session, err := prove(ctx, s.guard, e, proof, allFactors, func(tx ports.Tx, user domain.User) (domain.SessionView, error) {
				session, err := tx.Sessions().Add(ctx, domain.NewSession(user, actor.Origin, refresh, s.clock(), s.rules.Session))
				signedIn := domain.SessionView{Session: session, Owner: user.SessionOwner()}
				e.in(signedIn)
				return signedIn, err
			})
			if err != nil {
				return Grant{}, err
			}
			return s.grant(session, refresh)
		})
}

// Refresh spends a refresh token for the next Grant, or keeps it where the rules say so. The
// token that was spent last gets the same one again within the grace. Any other spent token
// ends its session: somebody has a token that is not theirs. Tokens that turn out bad are counted, and too many are
// TooMany; a good one is never refused because of them.
func (s *Sessions) Refresh(ctx context.Context, actor domain.Actor, in domain.Refresh) (Grant, error) {
	return perform(ctx, s.trail, attempt{by: actor, to: domain.SessionRefresh, on: some(domain.SubjectSession)},
		func(e *entry) (Grant, error) {
			grant, err := s.refresh(ctx, e, in)
			if domain.KindOf(err) == domain.Unauthenticated {
				if tooMany := s.guard.limiter.badRefresh(ctx, actor.Origin); tooMany != nil {
					err = tooMany
				}
			}
			return grant, err
		})
}

func (s *Sessions) refresh(ctx context.Context, e *entry, in domain.Refresh) (Grant, error) {
	presented, err := in.Parse()
	if err != nil {
		return Grant{}, err
	}
	secret := newRefreshSecret()
	var next domain.RefreshToken
	session, err := commit(ctx, e, func(tx ports.Tx, e *entry) (session domain.SessionView, err error) {
		session, next, err = s.spend(ctx, tx, e, presented, secret)
		return session, err
	})
	if err != nil {
		return Grant{}, err
	}
	return s.grant(session, next)
}

// spend spends a refresh token; secret is its successor's.
func (s *Sessions) spend(ctx context.Context, tx ports.Tx, e *entry, presented domain.RefreshToken, secret domain.RefreshSecret) (domain.SessionView, domain.RefreshToken, error) {
	now := s.clock()
	session, err := tx.Sessions().BySelector(ctx, presented.Selector())
	if domain.KindOf(err) == domain.NotFound {
		err = domain.ErrRefreshToken()
	}
	if err != nil {
		return session, domain.RefreshToken{}, err
	}
	e.Subject.ID = session.ID
	next, again := session.SuccessorOf(presented, s.rules.RefreshGrace, now)
	switch {
	case session.Accepts(presented) && s.rules.KeepRefreshTokens:
		next, session.LastUsedAt = presented, now
		e.in(session)
	case session.Accepts(presented):
		session.Session, next = session.Rotate(presented, secret, now)
		e.in(session)
	case again:
		session.LastUsedAt = now
		e.in(session)
	default:
		session.Session = session.Revoke(now)
	}
	if !session.RevokedAt.IsZero() {
		e.revoke(session.ID)
	}
	if err := tx.Sessions().Save(ctx, session.Session); err != nil {
		return session, next, err
	}
	if !session.Usable(now, s.rules.Session) {
		return session, next, refuse(domain.ErrRefreshToken())
	}
	return session, next, nil
}

// in says that an event is about a session, and of who signed in to it.
func (e *entry) in(session domain.SessionView) {
	e.Subject = one(domain.SubjectSession, session.ID)
	e.Actor.UserID, e.Actor.Role, e.Actor.SessionID = session.UserID, session.Owner.Role, session.ID
}

// List returns a page of the actor's live sessions.
func (s *Sessions) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Session], error) {
	page, invalid := in.Parse()
	now := s.clock()
	return read(ctx, s.trail, attempt{by: actor, to: domain.SessionReadSelf, on: some(domain.SubjectSession), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.Session], error) {
			return list(e, page, func(session domain.Session) domain.ID { return session.ID },
				func(page domain.Page) ([]domain.Session, error) {
					return tx.Sessions().Live(ctx, actor.UserID, now, page)
				})
		})
}

// Logout ends the session in which the actor acts. It succeeds if the session has just
// ended otherwise.
func (s *Sessions) Logout(ctx context.Context, actor domain.Actor) error {
	_, err := perform(ctx, s.trail, attempt{by: actor, to: domain.SessionRevokeSelf, on: one(domain.SubjectSession, actor.SessionID)},
		func(e *entry) (nothing, error) {
			_, err := commit(ctx, e, func(tx ports.Tx, e *entry) (nothing, error) { return s.end(ctx, tx, e) })
			if domain.KindOf(err) == domain.NotFound {
				err = nil
			}
			return nothing{}, err
		})
	return err
}

// End ends one of the actor's live sessions. What is none of those is NotFound.
func (s *Sessions) End(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.SessionRevokeSelf, on: one(domain.SubjectSession, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			return s.end(ctx, tx, e)
		})
	return err
}

// end ends the session that the event is on.
func (s *Sessions) end(ctx context.Context, tx ports.Tx, e *entry) (nothing, error) {
	now := s.clock()
	session, err := tx.Sessions().Get(ctx, e.Subject.ID)
	if err != nil {
		return nothing{}, err
	}
	if session.UserID != e.Actor.UserID || !session.Live(now) {
		return nothing{}, domain.ErrNotFound()
	}
	e.revoke(session.ID)
	return nothing{}, tx.Sessions().Save(ctx, session.Revoke(now))
}

// EndOthers ends all of the actor's sessions but the one in which the actor acts.
func (s *Sessions) EndOthers(ctx context.Context, actor domain.Actor) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.SessionRevokeSelf, on: self(actor)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			return nothing{}, endSessions(ctx, tx, e, actor.UserID, actor.SessionID, s.clock())
		})
	return err
}

func (s *Sessions) grant(session domain.SessionView, refresh domain.RefreshToken) (Grant, error) {
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
