package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// auditCommand is for whoever answers for the trail.
type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Examine whether anything in the trail was edited, removed, inserted or moved."`
	Head   auditHeadCommand   `cmd:"" help:"Print the last seal, to be kept where nobody who can reach the database can change it."`
	Adopt  auditAdoptCommand  `cmd:"" help:"Go on with the present SECRET_KEY from a trail whose key is lost or was stolen, or begin with one from before there were seals. Stop all instances first."`
}

type auditVerifyCommand struct {
	Head *string `help:"A seal that \"audit head\" printed: finds what was cut off after it, too." placeholder:"SEAL"`
}

// Run says what it has found; the error is what is wrong with the trail, or why it
// cannot be told.
func (c auditVerifyCommand) Run(ctx context.Context, p process) error {
	kept, err := headOrNone(c.Head)
	if err != nil {
		return err
	}
	return withServices(ctx, p, func(useCases *application.UseCases) error {
		found, err := useCases.Verifier.Verify(ctx, kept)
		switch {
		case err != nil:
			return err
		case found.Fault != nil:
			return errors.New("the trail is not as it was written: " + found.Fault.String())
		case found.Events == 0:
			return errors.New("the trail is empty: nobody has used this database yet, or everything was removed")
		}
		last := "There is no seal yet."
		if found.Last != (domain.Head{}) {
			last = "The last seal is " + found.Last.String()
		}
		fmt.Fprintf(p.out, "The trail is as it was written: %d events, of which %d are not under a seal yet.\n", found.Events, found.Unsealed)
		if found.Old > 0 {
			fmt.Fprintf(p.out, "But %d of them are from before there was evidence: nothing shows what was done to them before they came under a seal.\n", found.Old)
		}
		_, err = fmt.Fprintln(p.out, last)
		return err
	})
}

type auditHeadCommand struct{}

// Run prints the head.
func (auditHeadCommand) Run(ctx context.Context, p process) error {
	return withServices(ctx, p, func(useCases *application.UseCases) error {
		head, err := useCases.Verifier.Head(ctx)
		if err != nil {
			return err
		}
		if head == (domain.Head{}) {
			return errors.New("there is no seal yet: the service makes one within seconds when it runs, or its log says why not")
		}
		_, err = fmt.Fprintln(p.out, head)
		return err
	})
}

type auditAdoptCommand struct {
	Head *string `help:"The last seal, which the commands name that refuse to go on from it; compare it with the one that you keep. Leave it out where there is no seal yet." placeholder:"SEAL"`
}

// Run prints the seal that takes over.
func (c auditAdoptCommand) Run(ctx context.Context, p process) error {
	last, err := headOrNone(c.Head)
	if err != nil {
		return err
	}
	return withServices(ctx, p, func(useCases *application.UseCases) error {
		head, err := useCases.Audit.Adopt(ctx, operator, last)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "Adopted. The last seal is %s\n", head)
		return err
	})
}

// headOrNone reads a flag; without it, it is the zero Head. Empty, as from a file
// that went missing, it is an error.
func headOrNone(flag *string) (domain.Head, error) {
	if flag == nil {
		return domain.Head{}, nil
	}
	head, err := domain.ParseHead(*flag)
	if err != nil {
		return domain.Head{}, fmt.Errorf("head: %w", err)
	}
	return head, nil
}

// requireOwnTrail refuses to write into a trail that was sealed with another key.
func requireOwnTrail(ctx context.Context, trail *application.Trail) error {
	head, ours, err := trail.LastSeal(ctx)
	if err == nil && !ours {
		err = fmt.Errorf(`the last seal of the audit trail, %s, was not made with SECRET_KEY or one of SECRET_KEY_FALLBACKS
give the key that it was made with, at least as a fallback, until the service has made another seal
if that key is lost or was stolen: healthcare audit adopt --head %s`, head, head)
	}
	return err
}

const (
	// sealInterval is how far seals are behind, but for the time that sealing takes.
	sealInterval = 2 * time.Second
	// sealTimeout is for a store that does not answer; what is left will be sealed the next time.
	sealTimeout = 30 * time.Second
	// failureInterval is how often the log tells of a failure that goes on.
	failureInterval = 10 * time.Minute
	// headInterval is how often the log names the last seal: what can be taken away
	// unnoticed is what came after one that is kept.
	headInterval = time.Hour
	// lastSealTimeout bounds the same when the process is asked to end, which
	// has 2 seconds left after the last requests.
	lastSealTimeout = 1500 * time.Millisecond
)

// keepSealing seals the trail until stop is called, which does it once more.
func keepSealing(ctx context.Context, sealer *application.Sealer, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stopped := make(chan struct{})
	s := sealing{sealer: sealer, log: log}
	go func() {
		defer close(stopped)
		tick := time.NewTicker(sealInterval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				s.seal(ctx, sealTimeout)
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() {
		cancel()
		<-stopped
		s.seal(context.WithoutCancel(ctx), lastSealTimeout)
		s.tellHead()
	}
}

// sealing is what is remembered from one time to the next.
type sealing struct {
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

func (s *sealing) seal(ctx context.Context, timeout time.Duration) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	foreign, err := s.sealer.Seal(limited)
	if err != nil && ctx.Err() == nil && time.Since(s.failed) > failureInterval { // When ctx has ended, it will be tried once more.
		s.failed = time.Now()
		if domain.KindOf(err) == domain.Unavailable {
			s.log.Warn("the audit trail is not sealed while the store is not available", "error", err)
		} else {
			s.log.Error("the audit trail is not sealed: examine it with the command audit verify", "error", err)
		}
	}
	if err != nil {
		return
	}
	s.failed = time.Time{}
	untold := slices.DeleteFunc(slices.Clone(foreign), func(id domain.ID) bool { return slices.Contains(s.foreign, id) })
	if len(untold) > 0 {
		s.log.Error("the audit trail holds events that this service did not write: examine it with the command audit verify", "events", untold)
	}
	s.foreign = foreign
	if time.Since(s.headTold) > headInterval {
		s.tellHead()
	}
}

// tellHead names the last seal, unless it has.
func (s *sealing) tellHead() {
	if head := s.sealer.Head(); head != s.head {
		s.head, s.headTold = head, time.Now()
		s.log.Info("the last seal of the audit trail", "head", head)
	}
}
