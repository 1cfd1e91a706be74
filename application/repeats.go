package application

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// repeats keeps those from filling the trail who are refused again and again. The first
// refusal is an event at once. Others like it are counted for a minute, and the last of
// them is an event when the minute is over (see Trail.WriteRepeatedRefusals).
//
// Refusals are alike when the same caller, or strangers in the same place, attempt the
// same with the same outcome, at a login with the same address as it was typed: whether
// there is such an account makes no difference, so that the time tells nothing.
type repeats struct {
	// write returns once an event is durable.
	write func(context.Context, domain.AuditEvent) error

	mutex sync.Mutex
	open  map[repeatKey]*repeat
	// addresses counts the keys in open with an address, by their place.
	addresses map[string]int
}

type repeatKey struct {
	action        domain.Permission
	outcome       domain.Outcome
	user, session domain.ID
	place         string
	// address stands for the address that was typed; zero for none.
	address domain.AttemptKey
}

// repeat is what is counted of one key.
type repeat struct {
	key repeatKey
	// since is when the minute began.
	since time.Time
	// begun is closed once the first event is written, or err says why not.
	begun chan struct{}
	err   error
	// number counts the refusals that are no events yet, from the first to the last.
	number int
	first  time.Time
	last   domain.AuditEvent
}

const (
	repeatInterval = time.Minute
	// maxRepeats bounds what is remembered. What comes when it is full is an event each.
	maxRepeats = 10_000
	// maxAddresses is how many addresses are told apart in one place. Other ones are
	// counted together.
	maxAddresses = 10
)

// repeatable reports whether an attempt can be refused so without end: no limit counts
// it, and nobody who could be asked has signed in.
func repeatable(by domain.Actor, err error) bool {
	switch domain.KindOf(err) {
	case domain.TooMany:
		return true
	case domain.Invalid, domain.Forbidden, domain.Unavailable:
		return by.Role == domain.Anonymous
	}
	return false
}

// record returns once the event is durable, or is counted after one like it that is.
func (r *repeats) record(ctx context.Context, now time.Time, address domain.AttemptKey, event domain.AuditEvent) error {
	origin := event.Actor.Origin
	key := repeatKey{
		action: event.Action, outcome: event.Outcome, user: event.Actor.UserID, session: event.Actor.SessionID,
		place: cmp.Or(origin.Site(), origin.Network()), address: address,
	}
	for {
		like, isFirst := r.like(key, now)
		switch {
		case like == nil:
			return r.write(ctx, event)
		case isFirst:
			return r.begin(ctx, like, event)
		}
		select {
		case <-like.begun:
		case <-ctx.Done():
			return domain.ErrUnavailable(ctx.Err())
		}
		if like.err != nil || r.count(like, event) {
			return like.err
		}
	}
}

// like returns what is counted with the key, and whether that is new; nil when there is
// no room.
func (r *repeats) like(key repeatKey, now time.Time) (like *repeat, isFirst bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	like = r.open[key]
	if like == nil && r.addresses[key.place] >= maxAddresses {
		key.address = domain.AttemptKey{}
		like = r.open[key]
	}
	if like != nil || len(r.open) >= maxRepeats {
		return like, false
	}
	like = &repeat{key: key, since: now, begun: make(chan struct{})}
	if r.open == nil {
		r.open, r.addresses = map[repeatKey]*repeat{}, map[string]int{}
	}
	r.open[key] = like
	if key.address != (domain.AttemptKey{}) {
		r.addresses[key.place]++
	}
	return like, true
}

// begin writes the first event.
func (r *repeats) begin(ctx context.Context, like *repeat, event domain.AuditEvent) error {
	defer close(like.begun)
	if like.err = r.write(ctx, event); like.err != nil {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.remove(like)
	}
	return like.err
}

// count counts the event, and reports false when like is over.
func (r *repeats) count(like *repeat, event domain.AuditEvent) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.open[like.key] != like {
		return false
	}
	if like.number++; like.number == 1 {
		like.first = event.At
	}
	like.last = event
	return true
}

// remove needs the mutex.
func (r *repeats) remove(like *repeat) {
	delete(r.open, like.key)
	if like.key.address == (domain.AttemptKey{}) {
		return
	}
	if r.addresses[like.key.place]--; r.addresses[like.key.place] == 0 {
		delete(r.addresses, like.key.place)
	}
}

// RepeatedRefusals is refusals of which only the last one is an event.
type RepeatedRefusals struct {
	// Number counts them, that one included; the first began at From.
	Number int
	From   time.Time
	Last   domain.AuditEvent
}

// ended returns what was counted in minutes that are over at now, or in all, and forgets
// those in which nothing was.
func (r *repeats) ended(now time.Time, all bool) (ended []RepeatedRefusals, of []*repeat) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, like := range r.open {
		if age := now.Sub(like.since); !all && 0 <= age && age < repeatInterval {
			continue
		}
		select {
		case <-like.begun:
		default:
			continue
		}
		if like.number == 0 {
			r.remove(like)
			continue
		}
		ended = append(ended, RepeatedRefusals{Number: like.number, From: like.first, Last: like.last})
		of = append(of, like)
	}
	return ended, of
}

// written takes note that what had ended is in the trail. What was counted since then
// is in the minute that begins.
func (r *repeats) written(now time.Time, ended []RepeatedRefusals, of []*repeat) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i, like := range of {
		like.number -= ended[i].Number
		like.since, like.first = now, now
	}
}

// WriteRepeatedRefusals makes events of what was counted of repeated refusals in the minutes that
// are over, or of all that was. The service calls it every few seconds, and at the end.
// The error is that of the store; what it returns is in the trail all the same.
func (t *Trail) WriteRepeatedRefusals(ctx context.Context, all bool) (written []RepeatedRefusals, err error) {
	now := t.clock()
	ended, of := t.repeats.ended(now, all)
	for len(ended) > 0 && err == nil {
		some := min(len(ended), maxGroupSize)
		events := make([]domain.AuditEvent, some)
		for i, repeated := range ended[:some] {
			events[i] = repeated.Last
		}
		if err = t.events.write(ctx, events); err == nil {
			t.repeats.written(now, ended[:some], of[:some])
			written = append(written, ended[:some]...)
			ended, of = ended[some:], of[some:]
		}
	}
	slices.SortFunc(written, func(a, b RepeatedRefusals) int { return b.Number - a.Number })
	return written, err
}
