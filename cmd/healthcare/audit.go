package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// auditCommand is for whoever answers for the trail.
type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Examine whether anything in the trail, or in what records are said to have been, was edited, removed, inserted or moved."`
	Head   auditHeadCommand   `cmd:"" help:"Print the last seal, to be kept where nobody who can reach the database can change it."`
	Adopt  auditAdoptCommand  `cmd:"" help:"Go on with the present SECRET_KEY from a trail whose key is lost or was stolen, or begin with one from before there were seals. Stop all instances first."`
}

type auditVerifyCommand struct {
	Head           *string `help:"A seal that \"audit head\" printed: finds what was cut off after it, too." placeholder:"SEAL"`
	AllowUnadopted bool    `help:"Exit with 0 although there are events without evidence that were never adopted."`
}

// Run says what it has found; the error is all that is wrong with the trail, or why it
// cannot be told.
func (c auditVerifyCommand) Run(ctx context.Context, p process) error {
	kept, err := headOrNone(c.Head)
	if err != nil {
		return err
	}
	return withServices(ctx, p, reading, func(useCases *application.UseCases) error {
		found, err := useCases.Verifier.Verify(ctx, kept)
		switch {
		case err != nil:
			return err
		case len(found.Faults) > 0:
			return faultsError(found.Faults)
		case found.Events == 0:
			return errors.New("the trail is empty: nobody has used this database yet, or everything was removed")
		case found.UnsealedWithoutEvidence > 0 && !c.AllowUnadopted:
			return fmt.Errorf(`%d of %d events have no evidence and were never adopted: nothing shows that they are as they were written
if they are from before there was evidence, adopt them, once: healthcare audit adopt
if this trail had seals before, somebody removed them`, found.UnsealedWithoutEvidence, found.Events)
		}
		last := "There is no seal yet."
		if found.LastSeal != (domain.Head{}) {
			last = "The last seal is " + found.LastSeal.String()
		}
		fmt.Fprintf(p.out, "The trail is as it was written: %d events, of which %d are not under a seal yet.\n", found.Events, found.Unsealed)
		if found.UnsealedWithoutEvidence > 0 {
			fmt.Fprintf(p.out, "But %d of them have no evidence and were never adopted: nothing shows that they are as they were written.\n", found.UnsealedWithoutEvidence)
		}
		if adopted := found.WithoutEvidence - found.UnsealedWithoutEvidence; adopted > 0 {
			fmt.Fprintf(p.out, "But %d of them are from before there was evidence: nothing shows what was done to them before they came under a seal.\n", adopted)
		}
		fmt.Fprint(p.out, historySentences(found))
		_, err = fmt.Fprintln(p.out, last)
		return err
	})
}

// historySentences says what was found out about the versions of records.
func historySentences(found domain.Verification) string {
	var said string
	if found.CoveredFrom != 0 {
		said = fmt.Sprintf("So are the versions of records that came about since event %d, of %s: %d.\n",
			found.CoveredFrom, found.CoveredSince.Format("2006-01-02 15:04:05 MST"), found.Versions)
	}
	if found.VersionsWithoutCommitment > 0 {
		said += fmt.Sprintf("But %d versions were made by releases before there were hashes of versions in the trail: nothing shows that they are as they were written.\n", found.VersionsWithoutCommitment)
	}
	return said
}

// faultsError says all that is wrong, one fault a line.
func faultsError(faults []domain.Fault) error {
	lines := make([]string, len(faults))
	for i, fault := range faults {
		lines[i] = fault.String()
	}
	if len(faults) == domain.MaxFaults {
		lines = append(lines, "there may be more: what comes after these was not examined")
	}
	return errors.New("the trail is not as it was written: " + strings.Join(lines, "\n"))
}

type auditHeadCommand struct{}

// Run prints the head.
func (auditHeadCommand) Run(ctx context.Context, p process) error {
	return withServices(ctx, p, reading, func(useCases *application.UseCases) error {
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
	return withServices(ctx, p, using, func(useCases *application.UseCases) error {
		head, err := useCases.Audit.Adopt(ctx, operator, last)
		if domain.KindOf(err) == domain.Conflict {
			return notLastError(ctx, useCases.Trail, last)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, "Adopted. The last seal is %s\n", head)
		return err
	})
}

// notLastError says why the trail cannot be adopted from given, which is not its last seal.
func notLastError(ctx context.Context, trail *application.Trail, given domain.Head) error {
	last, ours, err := trail.LastSeal(ctx)
	switch {
	case err != nil:
		return err
	case last == (domain.Head{}):
		return errors.New("there is no seal yet: leave out --head to begin with the events that there are")
	case given != (domain.Head{}):
		return fmt.Errorf("that is not the last seal of the trail, which is %s: compare it with the one that you keep", last)
	case ours:
		return fmt.Errorf("there is nothing to adopt: the last seal, %s, was made with SECRET_KEY or one of SECRET_KEY_FALLBACKS", last)
	}
	return fmt.Errorf(`the trail has seals, and the last one was made with another key: %s
compare it with the one that you keep, then: healthcare audit adopt --head %s`, last, last)
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

// errForeignTrail is the error of requireOwnTrail, with what to do.
var errForeignTrail = errors.New("was not made with SECRET_KEY or one of SECRET_KEY_FALLBACKS")

// requireOwnTrail refuses to write into a trail that was sealed with another key.
func requireOwnTrail(ctx context.Context, trail *application.Trail) error {
	head, ours, err := trail.LastSeal(ctx)
	if err == nil && !ours {
		err = fmt.Errorf(`the last seal of the audit trail, %s, %w
give the key that it was made with, as SECRET_KEY, in DATA_DIR/secret_key, or as a fallback until the service has made another seal
if that key is lost or was stolen: healthcare audit adopt --head %s`, head, errForeignTrail, head)
	}
	return err
}
