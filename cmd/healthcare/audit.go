package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// auditCommand groups the commands about the audit trail.
type auditCommand struct {
	Verify auditVerifyCommand `cmd:"" help:"Check whether audit events or versions of records were edited, removed, inserted or moved. Exit with 1 if any were."`
	Head   auditHeadCommand   `cmd:"" help:"Print the last seal. Store it where people with access to the database cannot change it."`
	Adopt  auditAdoptCommand  `cmd:"" help:"Continue a trail whose SECRET_KEY was lost or stolen with the current SECRET_KEY, or start sealing a trail that has no seals. Stop all instances first."`
}

type auditVerifyCommand struct {
	Head           *string `help:"A seal that \"audit head\" printed. With it, verify also detects that the end of the trail was cut off before this seal." placeholder:"SEAL"`
	AllowUnadopted bool    `help:"Exit with 0 even if some events have no evidence and were never adopted."`
}

// Run prints a summary of an intact trail. The error lists the faults that were found, or
// says why the trail could not be checked.
func (c auditVerifyCommand) Run(ctx context.Context, p process) error {
	expected, err := parseHeadFlag(c.Head)
	if err != nil {
		return err
	}
	return withServices(ctx, p, accessRead, func(useCases *application.UseCases) error {
		found, err := useCases.Verifier.Verify(ctx, expected)
		switch {
		case err != nil:
			return fmt.Errorf("verify the audit trail: %w", err)
		case len(found.Faults) > 0:
			return faultsError(found.Faults)
		case found.Events == 0:
			return errors.New("the audit trail is empty: no service has used this database yet, or all events were removed")
		case found.UnsealedWithoutEvidence > 0 && !c.AllowUnadopted:
			return fmt.Errorf(`%d of %d events have no evidence and were never adopted: changes to them cannot be detected
if an older release without evidence wrote them, adopt them once: healthcare audit adopt
if this trail had seals before, somebody removed them`, found.UnsealedWithoutEvidence, found.Events)
		}
		last := "There is no seal yet."
		if found.LastSeal != (domain.Head{}) {
			last = "The last seal is " + found.LastSeal.String()
		}
		fmt.Fprintf(p.out, "The audit trail is intact: %d events, %d of them not sealed yet.\n", found.Events, found.Unsealed)
		if found.UnsealedWithoutEvidence > 0 {
			fmt.Fprintf(p.out, "But %d of them have no evidence and were never adopted: changes to them cannot be detected.\n", found.UnsealedWithoutEvidence)
		}
		if adopted := found.WithoutEvidence - found.UnsealedWithoutEvidence; adopted > 0 {
			fmt.Fprintf(p.out, "But %d of them were written by a release without evidence: changes made before they were adopted cannot be detected.\n", adopted)
		}
		if found.CoveredFrom != 0 {
			fmt.Fprintf(p.out, "The %d versions of records written since event %d of %s are intact, too.\n",
				found.Versions, found.CoveredFrom, found.CoveredSince.Format("2006-01-02 15:04:05 MST"))
		}
		if found.VersionsWithoutCommitment > 0 {
			fmt.Fprintf(p.out, "But %d versions of records were written by a release that did not hash versions: changes to them cannot be detected.\n", found.VersionsWithoutCommitment)
		}
		_, err = fmt.Fprintln(p.out, last)
		return err
	})
}

// faultsError returns an error with one fault per line.
func faultsError(faults []domain.Fault) error {
	lines := make([]string, len(faults))
	for i, fault := range faults {
		lines[i] = fault.String()
	}
	if len(faults) == domain.MaxFaults {
		lines = append(lines, "there can be more faults: the check stopped after these")
	}
	return errors.New("the audit trail was tampered with: " + strings.Join(lines, "\n"))
}

type auditHeadCommand struct{}

// Run prints the last seal.
func (auditHeadCommand) Run(ctx context.Context, p process) error {
	return withServices(ctx, p, accessRead, func(useCases *application.UseCases) error {
		head, err := useCases.Verifier.Head(ctx)
		if err != nil {
			return fmt.Errorf("read the last seal: %w", err)
		}
		if head == (domain.Head{}) {
			return errors.New("there is no seal yet: a running service seals the trail within seconds, or logs why it cannot")
		}
		_, err = fmt.Fprintln(p.out, head)
		return err
	})
}

type auditAdoptCommand struct {
	Head *string `help:"The last seal of the trail, as the errors of other commands show it. Compare it with your own copy first. Leave this out if there is no seal yet." placeholder:"SEAL"`
}

// Run seals the trail with the current key and prints the new seal.
func (c auditAdoptCommand) Run(ctx context.Context, p process) error {
	last, err := parseHeadFlag(c.Head)
	if err != nil {
		return err
	}
	return withServices(ctx, p, accessUse, func(useCases *application.UseCases) error {
		head, err := useCases.Audit.Adopt(ctx, operator, last)
		if domain.KindOf(err) == domain.Conflict {
			return adoptConflictError(ctx, useCases.Trail, last)
		}
		if err != nil {
			return fmt.Errorf("adopt the audit trail: %w", err)
		}
		_, err = fmt.Fprintf(p.out, "Adopted. The last seal is %s\n", head)
		return err
	})
}

// adoptConflictError says why the trail cannot be adopted from the seal that --head gave.
func adoptConflictError(ctx context.Context, trail *application.Trail, given domain.Head) error {
	last, ours, err := trail.LastSeal(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the last seal: %w", err)
	case last == (domain.Head{}):
		return errors.New("there is no seal yet: leave out --head to adopt the events")
	case given != (domain.Head{}):
		return fmt.Errorf("--head is not the last seal of the trail, which is %s: compare that with your own copy", last)
	case ours:
		return fmt.Errorf("there is nothing to adopt: the last seal, %s, was made with SECRET_KEY or one of SECRET_KEY_FALLBACKS", last)
	}
	return fmt.Errorf(`the trail has seals, and the last one was made with another key: %s
compare it with your own copy, then run: healthcare audit adopt --head %s`, last, last)
}

// parseHeadFlag parses --head. Without the flag it returns the zero Head. An empty value,
// such as the content of a missing file, is an error.
func parseHeadFlag(flag *string) (domain.Head, error) {
	if flag == nil {
		return domain.Head{}, nil
	}
	head, err := domain.ParseHead(*flag)
	if err != nil {
		return domain.Head{}, fmt.Errorf("parse --head: %w", err)
	}
	return head, nil
}

// errForeignTrail is wrapped by the error of requireOwnTrail.
var errForeignTrail = errors.New("was not made with SECRET_KEY or one of SECRET_KEY_FALLBACKS")

// requireOwnTrail returns an error if the last seal of the trail was made with another key.
// The service could not verify that trail, so it must not write to it.
func requireOwnTrail(ctx context.Context, trail *application.Trail) error {
	head, ours, err := trail.LastSeal(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the last seal: %w", err)
	case !ours:
		return fmt.Errorf(`the last seal of the audit trail, %s, %w
set SECRET_KEY or DATA_DIR/secret_key to the key that made it, or put that key into SECRET_KEY_FALLBACKS until the service has made a new seal
if that key was lost or stolen: healthcare audit adopt --head %s`, head, errForeignTrail, head)
	}
	return nil
}
