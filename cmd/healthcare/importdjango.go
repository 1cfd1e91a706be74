package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"example.com/healthcare/adapters/djangodb"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type importDjangoCommand struct {
	From   databaseAddress `placeholder:"URL" help:"The old backend's database, such as postgres://user@host/name. Others can see the arguments of a process: give the password in DJANGO_DATABASE_URL, in PGPASSWORD or in a .pgpass file."`
	As     string          `placeholder:"EMAIL" help:"The user who takes the place of deleted users as the one who registered a patient."`
	Delete bool            `help:"Delete records, and deactivate users, that are gone from the old backend since they were taken over."`
	DryRun bool            `help:"Change nothing, and print what would change."`
}

// databaseAddress is a URL that can contain a password.
type databaseAddress struct{ domain.Secret }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *databaseAddress) UnmarshalText(text []byte) error {
	a.Secret = domain.NewSecret(string(text))
	return nil
}

// Run makes the store equal to the old backend's database. It fails if some rows are not equal
// at the end.
func (c importDjangoCommand) Run(ctx context.Context, p process) error {
	options := application.TakeoverOptions{DeleteGone: c.Delete, DryRun: c.DryRun}
	if c.As != "" {
		var err error
		if options.CreatedBy, err = domain.ParseEmail(c.As); err != nil {
			return fmt.Errorf("--as: %w", err)
		}
	}
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	address, err := cfg.oldDatabaseURL(c.From.Secret)
	if err != nil {
		return err
	}
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		old, err := djangodb.Open(ctx, address.Reveal(), cfg.logger(p.err))
		if err != nil {
			return fmt.Errorf("open the old backend's database: %w", err)
		}
		defer old.Close()
		report := newTakeoverReport(p.out)
		err = application.TakeOver(ctx, useCases.Takeover, operator, old, options, report.add)
		if printErr := report.finish(c.DryRun); err == nil {
			err = printErr
		}
		if ctx.Err() != nil {
			return errors.New("stopped: what was written until then stays, and the next run goes on from there")
		}
		return explainTakeover(err)
	})
}

// explainTakeover tells the operator how to fix an error of a takeover.
func explainTakeover(err error) error {
	switch {
	case errors.Is(err, application.ErrNoSuchCreator):
		return fmt.Errorf("--as: %w, neither here nor among the users who were taken over", err)
	case errors.Is(err, sqlstore.ErrMissingPrivilege):
		return explainedError{err, describe(err) + "\nrun the command as the owner of the database: it sets the ids of new records"}
	}
	return err
}

// takeoverReport prints what becomes of rows, and counts them.
type takeoverReport struct {
	out    io.Writer
	counts map[domain.SubjectKind]map[application.TakeoverOutcome]int
}

func newTakeoverReport(out io.Writer) *takeoverReport {
	return &takeoverReport{out, map[domain.SubjectKind]map[application.TakeoverOutcome]int{}}
}

// add prints one line for each remark on the row, and for a change. New rows and rows that are
// the same are only counted.
func (r *takeoverReport) add(row application.TakeoverRow) error {
	kind := row.Record.Kind
	if r.counts[kind] == nil {
		r.counts[kind] = map[application.TakeoverOutcome]int{}
	}
	r.counts[kind][row.Outcome]++
	var lines []string
	if row.Outcome == application.TakenChanged || row.Outcome == application.TakenDeleted {
		lines = append(lines, fmt.Sprintf("%s: %s", row.Outcome, cmp.Or(strings.Join(row.Changed, ", "), "gone from the old backend")))
	}
	for _, problem := range row.Problems {
		lines = append(lines, describeNote(string(row.Outcome), problem))
	}
	for _, note := range row.Notes {
		lines = append(lines, describeNote("note", note))
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(r.out, "%s %s %s\n", djangodb.Table(kind), row.Record.ID, line); err != nil {
			return err
		}
	}
	return nil
}

func describeNote(outcome string, note application.TakeoverNote) string {
	return strings.TrimSpace(fmt.Sprintf("%s: %s: %s %s", outcome, note.Field, note.Why, note.Remedy))
}

// finish prints the counts. The error says how many rows are not equal here.
func (r *takeoverReport) finish(dryRun bool) error {
	outcomes := []application.TakeoverOutcome{
		application.TakenNew, application.TakenChanged, application.TakenSame, application.TakenDeleted, application.TakenGone, application.TakenRefused,
	}
	table := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	fmt.Fprint(table, "TABLE")
	for _, outcome := range outcomes {
		fmt.Fprint(table, "\t", strings.ToUpper(string(outcome)))
	}
	fmt.Fprintln(table)
	for _, kind := range []domain.SubjectKind{domain.SubjectUser, domain.SubjectDoctor, domain.SubjectPatient, domain.SubjectMapping} {
		fmt.Fprint(table, djangodb.Table(kind))
		for _, outcome := range outcomes {
			fmt.Fprint(table, "\t", r.counts[kind][outcome])
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if dryRun {
		fmt.Fprintln(r.out, "This was a dry run: nothing was changed.")
	}
	different := 0
	for _, counts := range r.counts {
		different += counts[application.TakenRefused] + counts[application.TakenGone]
	}
	if different > 0 {
		return fmt.Errorf("rows that are not here as they are in the old backend: %d. The lines above say why, and what to do", different)
	}
	return nil
}
