package passwords

import (
	"sync/atomic"
	"time"
)

// Stats are the numbers of the queue since New.
type Stats struct {
	Known, Strangers LineStats
}

// LineStats are the numbers of one line of the queue.
type LineStats struct {
	// Occupied is how many callers wait or have a turn now, of at most Places.
	Occupied, Places int
	// Turns is how many callers have got a turn, and Waited how long all of them together have
	// waited for it.
	Turns  uint64
	Waited time.Duration
	// Refused is how many callers found no free place, or had occupied their share.
	Refused uint64
}

// Stats returns the numbers of the queue. It does not wait for hashes.
func (p *Passwords) Stats() Stats {
	q := p.queue
	q.mutex.Lock()
	defer q.mutex.Unlock()
	return Stats{Known: q.known.stats(), Strangers: q.strangers.stats()}
}

// stats must be called with the mutex of the queue locked.
func (l *line) stats() LineStats {
	return LineStats{
		Occupied: l.occupied, Places: l.places, Turns: l.turnsTaken.Load(), Waited: time.Duration(l.waited.Load()), Refused: l.refused,
	}
}

// lineCounts are what a line counts for its stats.
type lineCounts struct {
	turnsTaken atomic.Uint64
	waited     atomic.Int64 // nanoseconds
	refused    uint64       // guarded by the mutex of the queue
}

// countTurn counts a caller who has got a turn and has waited since arrived.
func (c *lineCounts) countTurn(arrived time.Time) {
	c.turnsTaken.Add(1)
	c.waited.Add(int64(time.Since(arrived)))
}
