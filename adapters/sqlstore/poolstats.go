package sqlstore

import (
	"errors"
	"sync/atomic"
	"time"
)

// Stats are the numbers of a store since it was opened. An engine with one connection for
// writes has a pool for reads and one for writes. Otherwise All is the one pool, and Read and
// Write are zero.
type Stats struct {
	All, Read, Write PoolStats
	// Commits is how many transactions were committed in which Updates took turns, and Shared
	// how many Updates they held.
	Commits, Shared uint64
}

// PoolStats are the numbers of a pool of connections and of the queue before it.
type PoolStats struct {
	// InUse and Idle are how many connections are open now, of at most Max.
	InUse, Idle, Max int
	// Waiting is how many callers wait for a connection now.
	Waiting int
	// Waits is how many callers had to wait, and Waited how long all of them together have
	// waited.
	Waits  uint64
	Waited time.Duration
	// Refused is how many callers have waited in vain, for as long as a caller waits.
	Refused uint64
}

// Stats returns the numbers of the store. It does not use the database, and does not wait for
// it.
func (s *Store) Stats() Stats {
	if s.writer == s.reader {
		return Stats{All: s.reader.poolStats(&s.reader.queue.waits)}
	}
	stats := Stats{Read: s.reader.poolStats(&s.reader.queue.waits), Write: s.writer.poolStats(&s.writer.queue.waits)}
	if s.shared != nil {
		stats.Write = s.writer.poolStats(&s.shared.waits)
		stats.Commits, stats.Shared = s.shared.commits.Load(), s.shared.committed.Load()
	}
	return stats
}

func (s *statements) poolStats(waits *waitCounts) PoolStats {
	pool := s.db.Stats()
	return PoolStats{
		InUse: pool.InUse, Idle: pool.Idle, Max: pool.MaxOpenConnections,
		Waiting: int(waits.waiting.Load()), Waits: waits.waits.Load(), Waited: time.Duration(waits.waited.Load()), Refused: waits.refused.Load(),
	}
}

// waitCounts count the callers that wait in a queue.
type waitCounts struct {
	waiting        atomic.Int64
	waits, refused atomic.Uint64
	waited         atomic.Int64 // nanoseconds
}

// begin counts a caller that begins to wait. The caller calls end with its error.
func (w *waitCounts) begin() (end func(error)) {
	began := time.Now()
	w.waiting.Add(1)
	return func(err error) {
		w.waiting.Add(-1)
		w.waits.Add(1)
		w.waited.Add(int64(time.Since(began)))
		if errors.Is(err, errPoolBusy) {
			w.refused.Add(1)
		}
	}
}
