package application

import (
	"context"
	"errors"
	"io"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Authenticator tells who calls, before every use-case.
type Authenticator struct {
	store       ports.Store
	tokens      ports.AccessTokens
	revocations ports.Revocations
	clock       ports.Clock
	rules       SessionRules
}

// Authenticate returns the actor whom an access token proves, calling from
// origin. A token whose session was revoked, on whichever instance, is refused
// like a forged one.
//
// Whatever changes what a user may do ends their sessions, so what the token
// says of the actor holds as long as the session does. Three things are worth
// asking the store: what the revocations cannot tell just now, whether a duty was
// done since the token was issued, and whether an administrator whose token tells
// of no second factor has one, where it is needed.
func (a *Authenticator) Authenticate(ctx context.Context, origin domain.Origin, token string) (domain.Actor, error) {
	now := a.clock()
	actor, err := a.tokens.Verify(token, now)
	if err != nil {
		return domain.Actor{}, err
	}
	revoked, known := a.revocations.Revoked(actor.SessionID)
	if revoked {
		return domain.Actor{}, domain.ErrAccessToken()
	}
	unprotected := a.rules.AdminsNeedSecondFactor && actor.Role == domain.Admin && !actor.SecondFactor
	if !known || actor.Duty != domain.NoDuty || unprotected {
		session, err := viewStore(ctx, a.store, func(tx ports.Tx) (domain.SessionView, error) {
			return tx.Sessions().Get(ctx, actor.SessionID)
		})
		switch {
		case domain.KindOf(err) == domain.NotFound:
			return domain.Actor{}, domain.ErrAccessToken()
		case err != nil:
			return domain.Actor{}, err
		case !session.Usable(now, a.rules.Session) || session.UserID != actor.UserID:
			return domain.Actor{}, domain.ErrAccessToken()
		}
		actor = session.Actor(a.rules.AdminsNeedSecondFactor)
	}
	actor.Origin = origin
	return actor, nil
}

// RecheckAtEnd returns the body of a caller whom token proves. A caller can make a body last as
// long as they like, so the read at its end authenticates the token again. If the session
// was revoked meanwhile, that read gives the error of Authenticate.
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
		if refused := b.authenticate(); refused != nil {
			err = refused
		}
	}
	return n, err
}
