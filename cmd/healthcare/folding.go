package main

import (
	"context"
	"log/slog"
	"time"

	"example.com/healthcare/adapters/sqlstore"
)

// foldInterval is how often a service looks for records that an earlier version of the
// program wrote beside it. Searches do not find their new texts before that.
const foldInterval = 5 * time.Second

// startFolding prepares stored records for searches at regular intervals. The function it
// returns stops that.
func startFolding(ctx context.Context, store *sqlstore.Store, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(foldInterval)
		defer tick.Stop()
		var failureLogged time.Time
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			folded, err := store.FoldStale(ctx)
			switch {
			case err == nil && folded > 0:
				log.Info("prepared records of an earlier version for searches", "number", folded)
			case err != nil && ctx.Err() == nil && time.Since(failureLogged) > failureInterval:
				failureLogged = time.Now()
				log.Warn("cannot prepare records of an earlier version for searches", "error", err)
			}
		}
	}()
	return func() {
		cancel()
		<-stopped
	}
}
