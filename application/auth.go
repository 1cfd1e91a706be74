package application

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Lifetimes says how long what a login gives can be used.
type Lifetimes struct {
	// Access is for one access token.
	Access time.Duration
	// Session is for the whole session, from login to the last refresh. It does
	// not grow with use, so that everybody proves who they are once in that time
	// (NIST SP 800-63B-4 asks for every 24 hours at its second level of assurance).
	Session time.Duration
}

// Grant is what a login or a refresh gives.
type Grant struct {
	Access domain.AccessToken
	// ExpiresIn is how long Access can be used from now.
	ExpiresIn time.Duration
	// Refresh gets the next Grant, once.
	Refresh domain.RefreshToken
}

// Auth is the use-cases on sessions.
type Auth struct {
	store     ports.Store
	passwords ports.Passwords
	tokens    ports.AccessTokens
	clock     ports.Clock
	lifetimes Lifetimes
}

// NewAuth returns the use-cases on sessions.
func NewAuth(store ports.Store, passwords ports.Passwords, tokens ports.AccessTokens, clock ports.Clock, lifetimes Lifetimes) *Auth {
	return &Auth{store: store, passwords: passwords, tokens: tokens, clock: clock, lifetimes: lifetimes}
}

// Login starts a session. An unknown address is refused like a wrong password,
// in answer and in time. A hash in an outdated format is replaced.
func (s *Auth) Login(ctx context.Context, actor domain.Actor, in domain.Credentials) (Grant, error) {
	if err := domain.Authorize(actor, domain.SessionCreate); err != nil {
		return Grant{}, err
	}
	email, password, err := in.Parse()
	if err != nil {
		return Grant{}, err
	}
	var grant Grant
	for range 2 {
		var user domain.User
		if user, err = s.verify(ctx, email, password); err != nil {
			return Grant{}, err
		}
		// Another login may have replaced an outdated hash in the meantime: then
		// the password is right for the new one, too. Or it was changed.
		if grant, err = s.start(ctx, user, password); !errors.Is(err, errHashReplaced) {
			return grant, err
		}
	}
	return Grant{}, domain.ErrCredentials()
}

// verify returns the user whose address and password these are.
func (s *Auth) verify(ctx context.Context, email domain.Email, password domain.Password) (domain.User, error) {
	user, err := view(ctx, s.store, func(tx ports.Tx) (domain.User, error) {
		return tx.Users().ByEmail(ctx, email)
	})
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return domain.User{}, err
	}
	// Nobody's hash is zero, which takes its time and matches no password.
	right, err := s.passwords.Verify(ctx, password, user.PasswordHash)
	if err != nil {
		return domain.User{}, err
	}
	if !right {
		return domain.User{}, domain.ErrCredentials()
	}
	return user, nil
}

var errHashReplaced = errors.New("the password hash was replaced while it was being verified")

// start starts a session of user, whose password was verified.
func (s *Auth) start(ctx context.Context, user domain.User, password domain.Password) (Grant, error) {
	var renewed domain.PasswordHash
	if s.passwords.Outdated(user.PasswordHash) {
		var err error
		if renewed, err = s.passwords.Hash(ctx, password); err != nil {
			return Grant{}, err
		}
	}
	now := s.clock()
	var selector domain.RefreshSelector
	_, _ = rand.Read(selector[:]) // never fails (crypto/rand)
	refresh := domain.NewRefreshToken(selector, newRefreshSecret())
	session, err := update(ctx, s.store, func(tx ports.Tx) (domain.Session, error) {
		current, err := tx.Users().Get(ctx, user.ID)
		if err != nil {
			return domain.Session{}, err
		}
		if current.PasswordHash.Reveal() != user.PasswordHash.Reveal() {
			return domain.Session{}, errHashReplaced
		}
		if !renewed.IsZero() {
			current.PasswordHash = renewed
			if err := tx.Users().Save(ctx, current); err != nil {
				return domain.Session{}, err
			}
		}
		return tx.Sessions().Add(ctx, domain.NewSession(current, refresh, now, s.lifetimes.Session))
	})
	if err != nil {
		return Grant{}, err
	}
	return s.grant(session, refresh, now)
}

// Refresh spends a refresh token for the next Grant. One that was spent before
// ends its session: somebody has a token that is not theirs.
func (s *Auth) Refresh(ctx context.Context, actor domain.Actor, in domain.Refresh) (Grant, error) {
	if err := domain.Authorize(actor, domain.SessionRefresh); err != nil {
		return Grant{}, err
	}
	presented, err := in.Parse()
	if err != nil {
		return Grant{}, err
	}
	now := s.clock()
	secret := newRefreshSecret()
	var next domain.RefreshToken
	session, err := update(ctx, s.store, func(tx ports.Tx) (domain.Session, error) {
		session, err := tx.Sessions().BySelector(ctx, presented.Selector())
		if err != nil {
			return session, err
		}
		if session.Accepts(presented) {
			session, next = session.Rotate(secret)
		} else {
			// Returned as no error, or the revocation would be rolled back.
			session = session.Revoke(now)
		}
		return session, tx.Sessions().Save(ctx, session)
	})
	if err != nil {
		if domain.KindOf(err) == domain.NotFound {
			err = domain.ErrRefreshToken()
		}
		return Grant{}, err
	}
	if !session.Live(now) {
		return Grant{}, domain.ErrRefreshToken()
	}
	return s.grant(session, next, now)
}

// Logout ends the actor's session.
func (s *Auth) Logout(ctx context.Context, actor domain.Actor) error {
	if err := domain.Authorize(actor, domain.SessionRevokeSelf); err != nil {
		return err
	}
	now := s.clock()
	_, err := change(ctx, s.store, sessions, actor.SessionID, func(session domain.Session) (domain.Session, error) {
		return session.Revoke(now), nil
	})
	return err
}

func sessions(tx ports.Tx) repository[domain.Session] { return tx.Sessions() }

// Authenticate returns the actor whom an access token proves, with the role
// they have now. A token whose session has ended is refused like a forged one.
//
// It is what comes before every use-case, so it asks for no permission.
func (s *Auth) Authenticate(ctx context.Context, token string) (domain.Actor, error) {
	now := s.clock()
	claimed, err := s.tokens.Verify(token, now)
	if err != nil {
		return domain.Actor{}, err
	}
	session, err := view(ctx, s.store, func(tx ports.Tx) (domain.Session, error) {
		return tx.Sessions().Get(ctx, claimed.SessionID)
	})
	if err != nil {
		if domain.KindOf(err) == domain.NotFound {
			return domain.Actor{}, domain.ErrAccessToken()
		}
		return domain.Actor{}, err
	}
	if !session.Live(now) || session.UserID != claimed.UserID {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	return session.Actor(), nil
}

func (s *Auth) grant(session domain.Session, refresh domain.RefreshToken, now time.Time) (Grant, error) {
	expires := now.Add(s.lifetimes.Access)
	if expires.After(session.ExpiresAt) {
		expires = session.ExpiresAt
	}
	access, err := s.tokens.Issue(session.Actor(), now, expires)
	if err != nil {
		return Grant{}, err
	}
	return Grant{Access: access, ExpiresIn: expires.Sub(now), Refresh: refresh}, nil
}

func newRefreshSecret() (secret domain.RefreshSecret) {
	_, _ = rand.Read(secret[:]) // never fails (crypto/rand)
	return secret
}
