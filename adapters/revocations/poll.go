package revocations

import (
	"context"
	"log/slog"
	"time"
)

// pollInterval lets two readings in a row be late before nothing is known.
const pollInterval = 250 * time.Millisecond

// Poll loads the set four times a second until ctx ends. It is for a store that
// tells nobody of what other processes write, and that is cheap to ask. It logs
// the first of a row of errors, and the end of the row.
func (s *Set) Poll(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for failing := false; ctx.Err() == nil; {
		err := s.Load(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			log.Warn("revocations cannot be read: each request asks the store", "error", err)
		case err == nil && failing:
			log.Info("revocations can be read again")
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
