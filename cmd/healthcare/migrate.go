package main

import (
	"context"
	"fmt"
	"text/tabwriter"
	"time"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"1" help:"Apply the pending steps (the default). Several at once are safe."`
	Status migrateStatusCommand `cmd:"" help:"List the steps, applied and pending."`
}

type migrateUpCommand struct{}

// Run applies the pending steps and prints each.
func (migrateUpCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	steps, err := migrateStore(ctx, cfg)
	for _, step := range steps {
		fmt.Fprintln(p.out, "applied", step.Name)
	}
	if err != nil {
		return cfg.explain(err)
	}
	if len(steps) == 0 {
		fmt.Fprintln(p.out, "the schema is up to date")
	}
	return nil
}

type migrateStatusCommand struct{}

// Run prints every step and when it was applied, those of newer versions included. It
// changes nothing.
func (migrateStatusCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	steps, err := migrationStatus(ctx, cfg)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, step := range steps {
		applied := "pending"
		if !step.Pending() {
			applied = step.AppliedAt.UTC().Format(time.RFC3339)
		}
		switch {
		case step.Compatible:
			applied += "\tunknown to this version, which can go on with it"
		case step.Unknown:
			applied += "\tunknown to this version, which cannot go on with it"
		}
		fmt.Fprintf(table, "%s\t%s\n", step.Name, applied)
	}
	return table.Flush()
}
