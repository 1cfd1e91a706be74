package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type purgeCommand struct {
	OlderThan age  `required:"" placeholder:"AGE" help:"Only what was deleted longer ago than this: years such as 10y, or days such as 90d."`
	Yes       bool `help:"Remove it. Without this it is only counted."`
}

// age is a flag that domain.ParseAge reads.
type age struct{ domain.Age }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *age) UnmarshalText(text []byte) error {
	var err error
	a.Age, err = domain.ParseAge(string(text))
	return err
}

// Run counts what was deleted long ago, and removes it if it is told to.
func (c purgeCommand) Run(ctx context.Context, p process) error {
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		retention := useCases.Retention
		before := c.OlderThan.Cutoff(ports.SystemClock())
		if err := printExpired(ctx, p, retention, before); err != nil {
			return err
		}
		if !c.Yes {
			fmt.Fprintln(p.out, "Nothing was removed. Add --yes to remove them for good: they cannot be restored then.")
			return nil
		}
		for _, known := range slices.Backward(domain.RecordKinds()) {
			removed, err := purge(ctx, retention, known.Kind, before)
			fmt.Fprintf(p.out, "Removed for good, with all their versions: %d %s.\n", removed, known.Plural)
			if err != nil {
				return err
			}
		}
		_, err := fmt.Fprintln(p.out, "Backups that were made before still have them. So may the disk, until VACUUM has run on PostgreSQL, or a service that uses the embedded store was stopped.")
		return err
	})
}

// printExpired prints how many records of each kind there are to remove.
func printExpired(ctx context.Context, p process, retention *application.Retention, before time.Time) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Deleted before %s:\n", before.UTC().Format(time.RFC3339))
	for _, known := range slices.Backward(domain.RecordKinds()) {
		count, err := retention.Expired(ctx, operator, known.Kind, before)
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%d\n", known.Plural, count)
	}
	return table.Flush()
}

// purge removes all there are, in parts, and returns how many it removed, also when it fails.
func purge(ctx context.Context, retention *application.Retention, kind domain.SubjectKind, before time.Time) (int, error) {
	for total := 0; ; {
		removed, err := retention.Purge(ctx, operator, kind, before)
		if err != nil || removed == 0 {
			return total, err
		}
		total += removed
	}
}
