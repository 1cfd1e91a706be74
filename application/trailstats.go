package application

import (
	"sync"
	"time"
)

// TrailStats are the numbers of the trail on this instance since it started. They hold no
// personal data.
type TrailStats struct {
	// Recorded is how many events were committed.
	Recorded uint64
	// Queue is the queue of the events that are not committed together with a change.
	Queue QueueStats
	// SealAge is how long ago Sealer.Seal last succeeded or, before that, New was called. It is
	// measured with the monotonic clock, so setting the clock does not change it.
	SealAge time.Duration
	// Foreign is how many foreign events Seal found last, a hundred at most; Lost is how many
	// events it found removed (see Anomalies).
	Foreign int
	Lost    uint64
	// Replays is how many writes returned the result of an earlier call (see Once).
	Replays uint64
}

// QueueStats are the numbers of a queue whose items are written in groups.
type QueueStats struct {
	// Waiting is how many items wait now, of at most Limit.
	Waiting, Limit int
	// Groups is how many groups were written, and Written how many items were in them.
	Groups, Written uint64
	// Failed is how many items could not be written, or waited too long for it, and Refused how
	// many came while the queue was full. Their requests were refused.
	Failed, Refused uint64
}

// Stats returns the numbers of the trail. It does not use the store.
func (t *Trail) Stats() TrailStats {
	stats := t.observed.snapshot()
	stats.Queue = t.events.snapshot()
	stats.Recorded = t.unsealed.countAdded()
	return stats
}

// observations are what sealing and replays tell the stats of a trail.
type observations struct {
	mutex   sync.Mutex
	sealed  time.Time
	foreign int
	lost    uint64
	replays uint64
}

func (o *observations) snapshot() TrailStats {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return TrailStats{SealAge: time.Since(o.sealed), Foreign: o.foreign, Lost: o.lost, Replays: o.replays}
}

// recordSealing records the result of Sealer.Seal.
func (o *observations) recordSealing(found Anomalies, err error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.lost += uint64(len(found.Lost))
	if err == nil {
		o.sealed, o.foreign = time.Now(), len(found.Foreign)
	}
}

func (o *observations) recordReplay() {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.replays++
}

func (g *groupCommit[T]) snapshot() QueueStats {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	stats := g.stats
	stats.Waiting, stats.Limit = len(g.waiting), maxWaiting
	return stats
}

// count counts a group that was written, or could not be because of err.
func (g *groupCommit[T]) count(group int, err error) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if err != nil {
		g.stats.Failed += uint64(group)
		return
	}
	g.stats.Groups++
	g.stats.Written += uint64(group)
}

func (u *unsealedEvents) countAdded() uint64 {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.added
}
