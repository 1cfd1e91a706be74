package application

import (
	"context"
	"errors"
	"io"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Authenticator authenticates the callers of use-cases by their access tokens.
type Authenticator struct {
	store       ports.Store
	tokens      ports.AccessTokens
	revocations ports.Revocations
	clock       ports.Clock
	rules       SessionRules
}

// Authenticate returns the actor of an access token, calling from origin. A token whose session
// was revoked on any instance is refused like a forged token.
//
// Every change of what a user may do revokes the user's sessions. So the claims of the token
// hold as long as the session does, and the store is read only in three cases: the revocations
// are not known at the moment; the token has a duty, which may have been done since; or the
// token belongs to an administrator without a second factor and the rules require one.
func (a *Authenticator) Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error) {
	actor, err := a.tokens.Verify(token, a.clock())
	if err != nil {
		return domain.Actor{}, err
	}
	revoked, known := a.revocations.Revoked(actor.SessionID)
	if revoked {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	unprotected := a.rules.AdminsNeedSecondFactor && actor.Role == domain.Admin && !actor.SecondFactor
	if !known || actor.Duty != domain.NoDuty || unprotected {
		session, err := a.usableSession(ctx, actor.SessionID)
		if err != nil {
			return domain.Actor{}, err
		}
		if session.UserID != actor.UserID {
			return domain.Actor{}, domain.ErrAccessToken()
		}
		actor = session.Actor(a.rules.AdminsNeedSecondFactor)
	}
	actor.Origin = origin
	return actor, nil
}

// Recheck returns an error if the session of a token that Authenticate has accepted was revoked
// since. It is for answers that are sent in parts: they can take longer than an access token is
// valid, so the token's age does not count.
func (a *Authenticator) Recheck(ctx context.Context, session domain.ID) error {
	revoked, known := a.revocations.Revoked(session)
	if revoked {
		return domain.ErrAccessToken()
	}
	if known {
		return nil
	}
	_, err := a.usableSession(ctx, session)
	return err
}

// usableSession reads a session. The error is Unauthenticated if it has ended.
func (a *Authenticator) usableSession(ctx context.Context, id domain.ID) (domain.SessionView, error) {
	session, err := viewStore(ctx, a.store, func(tx ports.Tx) (domain.SessionView, error) {
		return tx.Sessions().Get(ctx, id)
	})
	switch {
	case domain.KindOf(err) == domain.NotFound:
		return domain.SessionView{}, domain.ErrAccessToken()
	case err != nil:
		return domain.SessionView{}, err
	case !session.Usable(a.clock(), a.rules.Session):
		return domain.SessionView{}, domain.ErrAccessToken()
	}
	return session, nil
}

// RecheckAtEnd returns a request body whose last read authenticates the token again, because a
// client can take any time to send a body. If the session was revoked in the meantime, the last
// read returns the error of Authenticate instead of io.EOF.
func (a *Authenticator) RecheckAtEnd(ctx context.Context, token string, body io.ReadCloser) io.ReadCloser {
	return &recheckedBody{ReadCloser: body, authenticate: func() error {
		_, err := a.Authenticate(ctx, domain.Origin{}, token)
		return err
	}}
}

type recheckedBody struct {
	io.ReadCloser
	authenticate func() error
}

// Read implements io.Reader.
func (b *recheckedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	if errors.Is(err, io.EOF) {
		if authErr := b.authenticate(); authErr != nil {
			err = authErr
		}
	}
	return n, err
}
