package application

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// refusalCounter keeps repeated refusals from filling the audit trail. It records the first
// refusal immediately and counts equal ones for a minute. At the end of the minute the last
// one is recorded (see Trail.WriteRepeatedRefusals).
//
// Refusals are equal if they have the same action, outcome, user, session and client network,
// and at a login the same typed address. Whether an account has this address makes no
// difference, so that response times do not reveal it.
type refusalCounter struct {
	// record returns once an event is committed.
	record func(context.Context, domain.AuditEvent) error

	mutex  sync.Mutex
	counts map[refusalKey]*refusalCount
	// addressesPerNetwork is the number of keys in counts that have an address.
	addressesPerNetwork map[string]int
}

type refusalKey struct {
	action        domain.Permission
	outcome       domain.Outcome
	user, session domain.ID
	network       string
	// address is the key of the address that was typed, zero if none was.
	address domain.AttemptKey
}

// refusalCount counts the refusals with one key.
type refusalCount struct {
	key refusalKey
	// started is the time at which the current minute began.
	started time.Time
	// firstRecorded is closed once the first event is committed, or cannot be because of err.
	firstRecorded chan struct{}
	err           error
	// number is how many refusals were counted and not recorded. The first of them was at
	// first; last is the event of the last one.
	number int
	first  time.Time
	last   domain.AuditEvent
}

const (
	refusalInterval = time.Minute
	// maxRefusalKeys bounds the memory. If there are more keys, each refusal with a new key
	// is recorded.
	maxRefusalKeys = 10_000
	// maxAddressesPerNetwork is how many typed addresses from one network are counted apart.
	// Refusals for other addresses are counted together.
	maxAddressesPerNetwork = 10
)

// isCountedRefusal reports whether a caller can repeat this refusal without limit: no rate
// limit counts it, or the caller has not signed in.
func isCountedRefusal(actor domain.Actor, err error) bool {
	switch domain.KindOf(err) {
	case domain.TooMany:
		return true
	case domain.Invalid, domain.Forbidden, domain.Unavailable:
		return actor.Role == domain.Anonymous
	}
	return false
}

// recordOrCount returns once the event is committed, or is counted after an equal one that is
// committed.
func (r *refusalCounter) recordOrCount(ctx context.Context, now time.Time, address domain.AttemptKey, event domain.AuditEvent) error {
	origin := event.Actor.Origin
	key := refusalKey{
		action: event.Action, outcome: event.Outcome, user: event.Actor.UserID, session: event.Actor.SessionID,
		network: cmp.Or(origin.Site(), origin.Network()), address: address,
	}
	for {
		count, isNew := r.findOrStart(key, now)
		switch {
		case count == nil:
			return r.record(ctx, event)
		case isNew:
			return r.recordFirst(ctx, count, event)
		}
		select {
		case <-count.firstRecorded:
		case <-ctx.Done():
			return domain.ErrUnavailable(ctx.Err())
		}
		if count.err != nil || r.increment(count, event) {
			return count.err
		}
	}
}

// findOrStart returns the count of the key, and whether it is new. It returns nil if there is
// no room for a new one.
func (r *refusalCounter) findOrStart(key refusalKey, now time.Time) (count *refusalCount, isNew bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	count = r.counts[key]
	if count == nil && r.addressesPerNetwork[key.network] >= maxAddressesPerNetwork {
		key.address = domain.AttemptKey{}
		count = r.counts[key]
	}
	if count != nil || len(r.counts) >= maxRefusalKeys {
		return count, false
	}
	count = &refusalCount{key: key, started: now, firstRecorded: make(chan struct{})}
	if r.counts == nil {
		r.counts, r.addressesPerNetwork = map[refusalKey]*refusalCount{}, map[string]int{}
	}
	r.counts[key] = count
	if key.address != (domain.AttemptKey{}) {
		r.addressesPerNetwork[key.network]++
	}
	return count, true
}

// recordFirst records the first event of a count. If that fails, the count is removed.
func (r *refusalCounter) recordFirst(ctx context.Context, count *refusalCount, event domain.AuditEvent) error {
	defer close(count.firstRecorded)
	if count.err = r.record(ctx, event); count.err != nil {
		r.mutex.Lock()
		defer r.mutex.Unlock()
		r.remove(count)
	}
	return count.err
}

// increment counts the event. It returns false if the count was removed.
func (r *refusalCounter) increment(count *refusalCount, event domain.AuditEvent) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.counts[count.key] != count {
		return false
	}
	if count.number++; count.number == 1 {
		count.first = event.At
	}
	count.last = event
	return true
}

// remove must be called with the mutex locked.
func (r *refusalCounter) remove(count *refusalCount) {
	delete(r.counts, count.key)
	if count.key.address == (domain.AttemptKey{}) {
		return
	}
	network := count.key.network
	if r.addressesPerNetwork[network]--; r.addressesPerNetwork[network] == 0 {
		delete(r.addressesPerNetwork, network)
	}
}

// RepeatedRefusals are equal refusals, of which only the last one is an audit event.
type RepeatedRefusals struct {
	// Number is how many there were, including Last.
	Number int
	// From is the time of the first one.
	From time.Time
	Last domain.AuditEvent
}

// due returns the counts whose minute is over, or all counts, with the refusals to record. It
// removes counts of zero.
func (r *refusalCounter) due(now time.Time, all bool) (refusals []RepeatedRefusals, counts []*refusalCount) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, count := range r.counts {
		if age := now.Sub(count.started); !all && 0 <= age && age < refusalInterval {
			continue
		}
		select {
		case <-count.firstRecorded:
		default:
			continue
		}
		if count.number == 0 {
			r.remove(count)
			continue
		}
		refusals = append(refusals, RepeatedRefusals{Number: count.number, From: count.first, Last: count.last})
		counts = append(counts, count)
	}
	return refusals, counts
}

// restart begins a new minute for counts whose refusals were recorded. Refusals that were
// counted in the meantime belong to the new minute.
func (r *refusalCounter) restart(now time.Time, recorded []RepeatedRefusals, counts []*refusalCount) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for i, count := range counts {
		count.number -= recorded[i].Number
		count.started, count.first = now, now
	}
}

// WriteRepeatedRefusals records an audit event for each kind of repeated refusals whose minute
// is over, or for all of them. The service calls it every few seconds and when it stops. After
// an error of the store, it still returns what was recorded before the error.
func (t *Trail) WriteRepeatedRefusals(ctx context.Context, all bool) (written []RepeatedRefusals, err error) {
	now := t.clock()
	refusals, counts := t.refusals.due(now, all)
	for len(refusals) > 0 && err == nil {
		group := refusals[:min(len(refusals), maxGroupSize)]
		events := make([]domain.AuditEvent, len(group))
		for i, repeated := range group {
			events[i] = repeated.Last
		}
		if err = t.events.write(ctx, events); err == nil {
			t.refusals.restart(now, group, counts[:len(group)])
			written = append(written, group...)
			refusals, counts = refusals[len(group):], counts[len(group):]
		}
	}
	slices.SortFunc(written, func(a, b RepeatedRefusals) int { return b.Number - a.Number })
	return written, err
}
