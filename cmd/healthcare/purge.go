package main

import (
	"context"
	"fmt"
	"slices"
	"text/tabwriter"
	"time"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type purgeCommand struct {
	OlderThan age  `required:"" placeholder:"AGE" help:"Purge records that were deleted longer ago than this: years such as 10y, or days such as 90d."`
	Yes       bool `help:"Remove the records. Without this, the command only counts them."`
}

// age is a flag in the format of domain.ParseAge.
type age struct{ domain.Age }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *age) UnmarshalText(text []byte) error {
	var err error
	a.Age, err = domain.ParseAge(string(text))
	return err
}

// Run counts the records that were deleted before --older-than. With --yes it removes them.
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
		for _, record := range slices.Backward(domain.RecordKinds()) {
			removed, err := purge(ctx, retention, record.Kind, before)
			fmt.Fprintf(p.out, "Removed for good, with all their versions: %d %s.\n", removed, record.Plural)
			if err != nil {
				return fmt.Errorf("purge %s: %w", record.Plural, err)
			}
		}
		if err := scrub(ctx, p); err != nil {
			return err
		}
		_, err := fmt.Fprintln(p.out, "Earlier backups still contain them. The disk can contain them, too, until VACUUM has run (PostgreSQL) or the service has been stopped (embedded store).")
		return err
	})
}

// scrub removes the letters of purged names from the search indexes of the embedded store.
func scrub(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil || cfg.usesPostgres() {
		return err
	}
	return sqlite.Scrub(ctx, cfg.embeddedPath())
}

// printExpired prints the number of records of each kind that purge would remove.
func printExpired(ctx context.Context, p process, retention *application.Retention, before time.Time) error {
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "Deleted before %s:\n", before.UTC().Format(time.RFC3339))
	for _, record := range slices.Backward(domain.RecordKinds()) {
		count, err := retention.CountExpired(ctx, operator, record.Kind, before)
		if err != nil {
			return fmt.Errorf("count deleted %s: %w", record.Plural, err)
		}
		fmt.Fprintf(table, "%s\t%d\n", record.Plural, count)
	}
	return table.Flush()
}

// purge removes the records in batches. It returns the number it removed, also on error.
func purge(ctx context.Context, retention *application.Retention, kind domain.SubjectKind, before time.Time) (int, error) {
	for total := 0; ; {
		removed, err := retention.Purge(ctx, operator, kind, before)
		if err != nil || removed == 0 {
			return total, err
		}
		total += removed
	}
}
