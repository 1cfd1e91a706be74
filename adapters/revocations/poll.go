package revocations

import (
	"context"
	"log/slog"
	"time"
)

// pollInterval allows two polls in a row to be late before the last confirmation expires.
const pollInterval = 250 * time.Millisecond

// Poll loads the set four times a second until ctx ends. It is for a store that cannot
// notify instances of revocations and that is cheap to query. It logs when loading begins
// to fail and when it works again.
func (s *Set) Poll(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for failing := false; ctx.Err() == nil; {
		err := s.Load(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			log.Warn("cannot load revocations: checking the database on every request", "error", err)
		case err == nil && failing:
			log.Info("revocations loaded again")
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}
