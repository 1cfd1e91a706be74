package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"example.com/healthcare/adapters/postgres"
)

type migrateCommand struct {
	Up     migrateUpCommand     `cmd:"" default:"withargs" help:"Apply the pending steps (the default). Several at once are safe."`
	Status migrateStatusCommand `cmd:"" help:"List the steps, applied and pending."`
}

type migrateUpCommand struct {
	GrantTo string `help:"Give this role of PostgreSQL all that a service needs of the schema, which are the grants that are printed otherwise." placeholder:"ROLE"`
}

// Run applies the pending steps and prints each, and what a service needs that runs as
// another role than the owner.
func (c migrateUpCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if c.GrantTo != "" && !cfg.usesPostgres() {
		return errors.New("--grant-to is for PostgreSQL: the embedded store has no roles")
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
	if !cfg.usesPostgres() {
		return nil
	}
	return c.grant(ctx, p, cfg)
}

func (c migrateUpCommand) grant(ctx context.Context, p process, cfg config) error {
	dsn := cfg.postgresURL().Reveal()
	if c.GrantTo != "" {
		if err := postgres.Grant(ctx, dsn, c.GrantTo); err != nil {
			return err
		}
		_, err := fmt.Fprintf(p.out, "granted to %s what a service needs\n", c.GrantTo)
		return err
	}
	grants, err := postgres.Grants(ctx, dsn)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.out, "A service that runs as another role needs these grants (healthcare migrate --grant-to ROLE):")
	for _, grant := range grants {
		fmt.Fprintln(p.out, grant)
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
		return cfg.explain(err)
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
