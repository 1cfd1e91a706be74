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
	// sealInterval is the time from one sealing of the trail to the next.
	sealInterval = 2 * time.Second
	// sealTimeout limits one sealing. The next one seals the rest.
	sealTimeout = 30 * time.Second
	// failureInterval is how often a persistent failure is logged.
	failureInterval = 10 * time.Minute
	// maxLogged limits the events named in one log line, and the lines about repeated
	// refusals per sealing.
	maxLogged = 100
	// headInterval is how often the last seal is logged: removing the events after the
	// last logged seal cannot be detected. It is also how often an unadopted trail is
	// logged.
	headInterval = time.Hour
	// lastSealTimeout limits the sealing when the process stops. About 2 seconds are left
	// then after the last requests.
	lastSealTimeout = 1500 * time.Millisecond
)

// startSealing writes the repeated refusals and seals the trail at regular intervals. The
// function it returns stops that and seals the trail once more.
func startSealing(ctx context.Context, useCases *application.UseCases, log *slog.Logger) (stop func()) {
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
				s.seal(ctx, sealTimeout, false)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-stopped
		s.seal(context.WithoutCancel(ctx), lastSealTimeout, true)
		s.logHead()
	}
}

// sealing seals the trail and remembers what it has logged, to log each fact once.
type sealing struct {
	trail  *application.Trail
	sealer *application.Sealer
	log    *slog.Logger
	// foreign lists the foreign events of the last sealing: events in the trail that no
	// instance wrote.
	foreign []domain.ID
	// failureLogged is when a failure was last logged, zero after a success.
	failureLogged time.Time
	// head is the last seal that was logged, at headLogged.
	head       domain.Head
	headLogged time.Time
}

// seal writes the repeated refusals and seals the trail. With isLast it also writes the
// repeated refusals that are still being counted.
func (s *sealing) seal(ctx context.Context, timeout time.Duration, isLast bool) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	s.writeRepeats(limited, isLast)
	result, err := s.sealer.Seal(limited)
	s.logLost(result.Lost)
	if err != nil {
		if ctx.Err() == nil { // If ctx ended, the process stops and seals once more.
			s.logFailure(err)
		}
		return
	}
	s.failureLogged = time.Time{}
	s.logForeign(result.Foreign)
	if time.Since(s.headLogged) > headInterval {
		s.logHead()
	}
}

// writeRepeats writes one event for each repeated refusal and logs its count.
func (s *sealing) writeRepeats(ctx context.Context, all bool) {
	written, err := s.trail.WriteRepeatedRefusals(ctx, all)
	if err != nil && all {
		s.log.Error("cannot write repeated refusals to the audit trail", "error", err)
	}
	for i, repeated := range written {
		if i == maxLogged {
			s.log.Warn("further repeated refusals omitted from the log", "number", len(written)-maxLogged)
			return
		}
		s.log.Warn("repeated refusals: the audit trail holds the last one", "action", repeated.Last.Action, "number", repeated.Number,
			"from", repeated.From, "to", repeated.Last.At, "subject", repeated.Last.Subject.ID, "request_id", repeated.Last.Actor.Origin.RequestID)
	}
}

// logFailure logs why the trail is not sealed, at most once per interval.
func (s *sealing) logFailure(err error) {
	interval, level, message := failureInterval, slog.LevelError, "audit trail not sealed: examine it with the command audit verify"
	switch {
	case errors.Is(err, application.ErrUnadopted):
		interval, level = headInterval, slog.LevelWarn
		message = "audit trail not sealed until it is adopted: run the command audit verify, then audit adopt"
	case domain.KindOf(err) == domain.Unavailable:
		level, message = slog.LevelWarn, "audit trail not sealed: store unavailable"
	}
	if time.Since(s.failureLogged) > interval {
		s.failureLogged = time.Now()
		s.log.Log(context.Background(), level, message, "error", err)
	}
}

// logLost logs the events of this instance that are missing from the trail.
func (s *sealing) logLost(lost []domain.ID) {
	if len(lost) > 0 {
		s.log.Error("audit events of this instance are missing: somebody with access to the database removed them",
			"events", lost[:min(len(lost), maxLogged)], "number", len(lost))
	}
}

// logForeign logs the foreign events that the previous sealing did not find.
func (s *sealing) logForeign(foreign []domain.ID) {
	added := slices.DeleteFunc(slices.Clone(foreign), func(id domain.ID) bool { return slices.Contains(s.foreign, id) })
	if len(added) > 0 {
		s.log.Error("audit trail holds events that no instance wrote: examine it with the command audit verify", "events", added)
	}
	s.foreign = foreign
}

// logHead logs the last seal if it is a new one.
func (s *sealing) logHead() {
	if head := s.sealer.Head(); head != s.head {
		s.head, s.headLogged = head, time.Now()
		s.log.Info("last seal of the audit trail", "head", head)
	}
}
