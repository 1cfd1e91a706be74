package application

import (
	"context"
	"crypto/rand"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// SessionRules are the lifetimes of sessions and tokens, and what a login requires.
type SessionRules struct {
	// Access is the lifetime of one access token.
	Access time.Duration
	// Session is the lifetime of a session, counted from the login. Use does not extend it, so
	// every user signs in again once in this time (NIST SP 800-63B-4 requires this every 24
	// hours at AAL2).
	Session time.Duration
	// RefreshGrace is how long the refresh token that was spent last gets the same successor
	// again. Zero disables this.
	RefreshGrace time.Duration
	// KeepRefreshTokens makes a refresh return the same refresh token, for clients that keep
	// the token of their login. A stolen token is not detected then.
	KeepRefreshTokens bool
	// AdminsNeedSecondFactor makes administrators without a second factor enrol one before
	// they can do anything else.
	AdminsNeedSecondFactor bool
}

// Grant is the result of a login or a refresh.
type Grant struct {
	Access domain.AccessToken
	// ExpiresIn is how long Access can be used from now.
	ExpiresIn time.Duration
	// Refresh is the refresh token for the next Grant. It can be used once, unless
	// SessionRules.KeepRefreshTokens is set.
	Refresh domain.RefreshToken
	// Duty is what the user must do before anything else.
	Duty domain.Duty
}

// Sessions holds the use-cases on the actor's own sessions, from login to logout.
type Sessions struct {
	trail  *Trail
	guard  *Guard
	tokens ports.AccessTokens
	clock  ports.Clock
	rules  SessionRules
}

// Login starts a session. An unknown address and an inactive account are refused like a wrong
// password: the answer and the time are the same. After too many failures the error is TooMany.
func (s *Sessions) Login(ctx context.Context, actor domain.Actor, in domain.Credentials) (Grant, error) {
	proof, inputErr := in.Parse()
	address, _, _ := domain.LoginKeys(proof.Email, actor.Origin)
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.SessionCreate, kind: domain.SubjectUser, inputErr: inputErr, typedAddress: address},
		func(ctx context.Context, event *pendingEvent) (Grant, error) {
			var selector domain.RefreshSelector
			_, _ = rand.Read(selector[:]) // never fails (crypto/rand)
			refresh := domain.NewRefreshToken(selector, newRefreshSecret())
			session, err := verifyProof(ctx, s.guard, event, proof, allFactors, func(tx ports.Tx, user domain.User) (domain.SessionView, error) {
				session, err := tx.Sessions().Add(ctx, domain.NewSession(user, actor.Origin, refresh, s.clock(), s.rules.Session))
				signedIn := domain.SessionView{Session: session, Owner: user.SessionOwner()}
				event.setSession(signedIn)
				return signedIn, err
			})
			if err != nil {
				return Grant{}, err
			}
			return s.issueGrant(session, refresh)
		})
}

// Refresh spends a refresh token and returns the next Grant. With KeepRefreshTokens the token
// stays valid. Within RefreshGrace the token that was spent last gets the same successor again.
// Any other spent token revokes its session, because it was probably stolen. Bad tokens are
// counted; after too many the error is TooMany. A good token is never refused for this reason.
func (s *Sessions) Refresh(ctx context.Context, actor domain.Actor, in domain.Refresh) (Grant, error) {
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.SessionRefresh, kind: domain.SubjectSession},
		func(ctx context.Context, event *pendingEvent) (Grant, error) {
			grant, err := s.refresh(ctx, event, in)
			if domain.KindOf(err) == domain.Unauthenticated {
				if tooMany := s.guard.limiter.countBadRefresh(ctx, actor.Origin); tooMany != nil {
					err = tooMany
				}
			}
			return grant, err
		})
}

func (s *Sessions) refresh(ctx context.Context, event *pendingEvent, in domain.Refresh) (Grant, error) {
	presented, err := in.Parse()
	if err != nil {
		return Grant{}, err
	}
	secret := newRefreshSecret()
	var next domain.RefreshToken
	session, err := updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (session domain.SessionView, err error) {
		session, next, err = s.spend(ctx, tx, event, presented, secret)
		return session, err
	})
	if err != nil {
		return Grant{}, err
	}
	return s.issueGrant(session, next)
}

// spend spends a refresh token and returns its successor, which gets the secret.
func (s *Sessions) spend(ctx context.Context, tx ports.Tx, event *pendingEvent, presented domain.RefreshToken, secret domain.RefreshSecret) (domain.SessionView, domain.RefreshToken, error) {
	now := s.clock()
	session, err := tx.Sessions().BySelector(ctx, presented.Selector())
	if domain.KindOf(err) == domain.NotFound {
		err = domain.ErrRefreshToken()
	}
	if err != nil {
		return session, domain.RefreshToken{}, err
	}
	event.Subject.ID = session.ID
	next, again := session.SuccessorOf(presented, s.rules.RefreshGrace, now)
	switch {
	case session.Accepts(presented) && s.rules.KeepRefreshTokens:
		next, session.LastUsedAt = presented, now
		event.setSession(session)
	case session.Accepts(presented):
		session.Session, next = session.Rotate(presented, secret, now)
		event.setSession(session)
	case again:
		session.LastUsedAt = now
		event.setSession(session)
	default:
		session.Session = session.Revoke(now)
	}
	if !session.RevokedAt.IsZero() {
		event.revokeOnCommit(session.ID)
	}
	if err := tx.Sessions().Save(ctx, session.Session); err != nil {
		return session, next, err
	}
	if !session.Usable(now, s.rules.Session) {
		return session, next, commitAndRefuse(domain.ErrRefreshToken())
	}
	return session, next, nil
}

// setSession makes a session the subject of the event, and its user the actor.
func (e *pendingEvent) setSession(session domain.SessionView) {
	e.Subject = domain.Subject{Kind: domain.SubjectSession, ID: session.ID}
	e.Actor.UserID, e.Actor.Role, e.Actor.SessionID = session.UserID, session.Owner.Role, session.ID
}

// List returns a page of the actor's live sessions.
func (s *Sessions) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Session], error) {
	page, inputErr := in.Parse()
	now := s.clock()
	return runView(ctx, s.trail, call{actor: actor, permission: domain.SessionReadSelf, kind: domain.SubjectSession, inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (Page[domain.Session], error) {
			return listShown(event, page, sessionID, liveSessions(ctx, tx, actor.UserID, now))
		})
}

func sessionID(session domain.Session) domain.ID { return session.ID }

// liveSessions returns the function that reads a page of the sessions of a user that are live
// at now.
func liveSessions(ctx context.Context, tx ports.Tx, user domain.ID, now time.Time) func(domain.Page) ([]domain.Session, error) {
	return func(page domain.Page) ([]domain.Session, error) { return tx.Sessions().Live(ctx, user, now, page) }
}

// Logout revokes the actor's current session. It also succeeds if the session was revoked or
// expired a moment ago.
func (s *Sessions) Logout(ctx context.Context, actor domain.Actor) error {
	_, err := runUseCase(ctx, s.trail, call{actor: actor, permission: domain.SessionRevokeSelf, kind: domain.SubjectSession, id: actor.SessionID},
		func(ctx context.Context, event *pendingEvent) (nothing, error) {
			_, err := updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
				return s.revoke(ctx, tx, event)
			})
			if domain.KindOf(err) == domain.NotFound {
				err = nil
			}
			return nothing{}, err
		})
	return err
}

// Unlock verifies the password of the actor's user, for a transport that locks a session while
// nobody uses it. A wrong password is Invalid and counts against the session.
func (s *Sessions) Unlock(ctx context.Context, actor domain.Actor, in domain.PasswordCheck) error {
	password, inputErr := in.Parse()
	_, err := runUseCase(ctx, s.trail, call{actor: actor, permission: domain.SessionUnlockSelf, kind: domain.SubjectUser, id: actor.UserID, inputErr: inputErr},
		func(ctx context.Context, event *pendingEvent) (nothing, error) {
			user, err := getUser(ctx, s.trail.store, actor.UserID)
			if err != nil {
				return nothing{}, err
			}
			return confirmPassword(ctx, s.guard, event, user, "password", password, func(ports.Tx, domain.User) (nothing, error) {
				return nothing{}, nil
			})
		})
	return err
}

// Revoke revokes one of the actor's live sessions. Any other ID is NotFound.
func (s *Sessions) Revoke(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.SessionRevokeSelf, kind: domain.SubjectSession, id: id},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			return s.revoke(ctx, tx, event)
		})
	return err
}

// revoke revokes the session that is the subject of the event.
func (s *Sessions) revoke(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
	now := s.clock()
	session, err := tx.Sessions().Get(ctx, event.Subject.ID)
	if err != nil {
		return nothing{}, err
	}
	if session.UserID != event.Actor.UserID || !session.Live(now) {
		return nothing{}, domain.ErrNotFound()
	}
	event.revokeOnCommit(session.ID)
	return nothing{}, tx.Sessions().Save(ctx, session.Revoke(now))
}

// RevokeOthers revokes all of the actor's sessions except the current one.
func (s *Sessions) RevokeOthers(ctx context.Context, actor domain.Actor) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.SessionRevokeSelf, kind: domain.SubjectUser, id: actor.UserID},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			return nothing{}, revokeSessions(ctx, tx, event, actor.UserID, actor.SessionID, s.clock())
		})
	return err
}

func (s *Sessions) issueGrant(session domain.SessionView, refresh domain.RefreshToken) (Grant, error) {
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
