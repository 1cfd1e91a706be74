package console

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// refresher exchanges refresh tokens, each once. Several tabs of a browser can send the same
// token at the same time: they all get the same successor. It also remembers the successor for
// as long as its access token is valid, because an answer can be lost when somebody leaves a
// page that is still loading. Otherwise the browser would send a spent token later, and such a
// token ends the session. (Other instances only have SessionRules.RefreshGrace.)
type refresher struct {
	exchange func(context.Context, domain.Actor, domain.Refresh) (application.Grant, error)
	clock    ports.Clock

	mutex     sync.Mutex
	exchanges map[[sha256.Size]byte]*exchange // by the hash of the token
}

// exchange is the exchange of one refresh token.
type exchange struct {
	done  chan struct{}
	grant application.Grant
	// at is when the exchange ended; grant.ExpiresIn counts from there.
	at  time.Time
	err error
}

const (
	// maxExchanges bounds the memory of the refresher to a few megabytes. They are more than
	// the sessions of a large clinic.
	maxExchanges = 5000
	// exchangeTimeout is longer than a write usually waits.
	exchangeTimeout = 10 * time.Second
)

func newRefresher(exchangeToken func(context.Context, domain.Actor, domain.Refresh) (application.Grant, error), clock ports.Clock) *refresher {
	return &refresher{exchange: exchangeToken, clock: clock, exchanges: map[[sha256.Size]byte]*exchange{}}
}

// refresh returns the successor of a refresh token. ExpiresIn counts from now.
func (r *refresher) refresh(ctx context.Context, origin domain.Origin, token string) (application.Grant, error) {
	key := sha256.Sum256([]byte(token))
	r.mutex.Lock()
	running, found := r.exchanges[key]
	if !found {
		r.makeRoom()
		running = &exchange{done: make(chan struct{})}
		r.exchanges[key] = running
		// The exchange goes on if the browser leaves: others can be waiting for it.
		go r.run(context.WithoutCancel(ctx), key, running, origin, token)
	}
	r.mutex.Unlock()
	select {
	case <-running.done:
	case <-ctx.Done():
		return application.Grant{}, domain.ErrUnavailable(ctx.Err())
	}
	if running.err != nil {
		return application.Grant{}, running.err
	}
	grant := running.grant
	if grant.ExpiresIn -= r.clock().Sub(running.at); grant.ExpiresIn > 0 {
		return grant, nil
	}
	// The successor was never used. The store decides what its predecessor is worth now.
	r.forget(key, running)
	return r.refresh(ctx, origin, token)
}

// run exchanges a token, and wakes all who wait for it. A failed exchange is not remembered.
func (r *refresher) run(ctx context.Context, key [sha256.Size]byte, running *exchange, origin domain.Origin, token string) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	running.grant, running.err = r.exchange(ctx, domain.Actor{Origin: origin}, domain.Refresh{Token: domain.Given(token)})
	running.at = r.clock()
	if running.err != nil {
		r.forget(key, running)
	}
	close(running.done)
}

// forget removes an exchange, unless another one of the same token has taken its place.
func (r *refresher) forget(key [sha256.Size]byte, running *exchange) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.exchanges[key] == running {
		delete(r.exchanges, key)
	}
}

// makeRoom removes the exchanges whose grants have expired and, if there are still too many,
// any that have ended.
func (r *refresher) makeRoom() {
	if len(r.exchanges) < maxExchanges {
		return
	}
	now := r.clock()
	for _, onlyExpired := range []bool{true, false} {
		for key, running := range r.exchanges {
			select {
			case <-running.done:
				if !onlyExpired && len(r.exchanges) >= maxExchanges || !now.Before(running.at.Add(running.grant.ExpiresIn)) {
					delete(r.exchanges, key)
				}
			default:
			}
		}
	}
}
