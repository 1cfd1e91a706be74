package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

const (
	// sealInterval is how far seals are behind, but for the time that sealing takes.
	sealInterval = 2 * time.Second
	// sealTimeout is for a store that does not answer; what is left will be sealed the next time.
	sealTimeout = 30 * time.Second
	// failureInterval is how often the log tells of a failure that goes on.
	failureInterval = 10 * time.Minute
	// maxTold bounds the events that one line of the log names, and the lines of a round
	// about repeated refusals.
	maxTold = 100
	// headInterval is how often the log names the last seal: what can be taken away
	// unnoticed is what came after one that is kept. It is also how often the log says
	// that the trail has to be adopted.
	headInterval = time.Hour
	// lastSealTimeout bounds the same when the process is asked to end, which
	// has 2 seconds left after the last requests.
	lastSealTimeout = 1500 * time.Millisecond
)

// keepSealing seals the trail until stop is called, which does it once more. Before that
// it writes what was counted of repeated refusals.
func keepSealing(ctx context.Context, useCases *application.UseCases, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	s := sealing{trail: useCases.Trail, sealer: useCases.Sealer, log: log}
	go func() {
		defer close(stopped)
		tick := time.NewTicker(sealInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.round(ctx, sealTimeout, false)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-stopped
		s.round(context.WithoutCancel(ctx), lastSealTimeout, true)
		s.tellHead()
	}
}

// sealing is what is remembered from one time to the next.
type sealing struct {
	trail  *application.Trail
	sealer *application.Sealer
	log    *slog.Logger
	// foreign are the events that the log has told of, and failed is when it has told
	// of a failure: it does not go on about them.
	foreign []domain.ID
	failed  time.Time
	// head is the seal that the log has named last, at headTold.
	head     domain.Head
	headTold time.Time
}

// round writes and seals what there is; with isLast, also what is still being counted.
func (s *sealing) round(ctx context.Context, timeout time.Duration, isLast bool) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s.writeRepeats(limited, isLast)
	found, err := s.sealer.Seal(limited)
	s.tellLost(found.Lost)
	if err != nil {
		if ctx.Err() == nil { // Otherwise it will be tried once more.
			s.tellFailure(err)
		}
		return
	}
	s.failed = time.Time{}
	s.tellForeign(found.Foreign)
	if time.Since(s.headTold) > headInterval {
		s.tellHead()
	}
}

// writeRepeats says how many refusals it wrote as one event each.
func (s *sealing) writeRepeats(ctx context.Context, all bool) {
	written, err := s.trail.WriteRepeatedRefusals(ctx, all)
	if err != nil && all {
		s.log.Error("what was counted of repeated refusals is not in the audit trail", "error", err)
	}
	for i, repeated := range written {
		if i == maxTold {
			s.log.Warn("there were more repeated refusals than are told of", "kinds", len(written)-maxTold)
			return
		}
		s.log.Warn("repeated refusals, of which the audit trail holds the last", "action", repeated.Last.Action, "number", repeated.Number,
			"from", repeated.From, "to", repeated.Last.At, "subject", repeated.Last.Subject.ID, "request_id", repeated.Last.Actor.Origin.RequestID)
	}
}

// tellFailure says why the trail is not sealed, unless it has of late.
func (s *sealing) tellFailure(err error) {
	interval, level, message := failureInterval, slog.LevelError, "the audit trail is not sealed: examine it with the command audit verify"
	switch {
	case errors.Is(err, application.ErrUnadopted):
		interval, level = headInterval, slog.LevelWarn
		message = "the audit trail is not sealed until somebody adopts it: examine it with the command audit verify, then see the command audit adopt"
	case domain.KindOf(err) == domain.Unavailable:
		level, message = slog.LevelWarn, "the audit trail is not sealed while the store is not available"
	}
	if time.Since(s.failed) > interval {
		s.failed = time.Now()
		s.log.Log(context.Background(), level, message, "error", err)
	}
}

// tellLost names events that are gone.
func (s *sealing) tellLost(lost []domain.ID) {
	if len(lost) > 0 {
		s.log.Error("events that this instance wrote are gone from the audit trail: somebody who can change the database has removed them",
			"events", lost[:min(len(lost), maxTold)], "number", len(lost))
	}
}

// tellForeign names events that others wrote, unless it has.
func (s *sealing) tellForeign(foreign []domain.ID) {
	untold := slices.DeleteFunc(slices.Clone(foreign), func(id domain.ID) bool { return slices.Contains(s.foreign, id) })
	if len(untold) > 0 {
		s.log.Error("the audit trail holds events that this service did not write: examine it with the command audit verify", "events", untold)
	}
	s.foreign = foreign
}

// tellHead names the last seal, unless it has.
func (s *sealing) tellHead() {
	if head := s.sealer.Head(); head != s.head {
		s.head, s.headTold = head, time.Now()
		s.log.Info("the last seal of the audit trail", "head", head)
	}
}
