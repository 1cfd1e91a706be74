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
	Up     migrateUpCommand     `cmd:"" default:"withargs" help:"Apply the pending steps of the schema (the default). Running it several times at once is safe."`
	Status migrateStatusCommand `cmd:"" help:"List the steps of the schema, applied and pending. This changes nothing."`
}

type migrateUpCommand struct {
	GrantTo string `help:"Grant this PostgreSQL role the privileges that a service needs. Without it, the command prints the grants." placeholder:"ROLE"`
}

// Run applies the pending migrations and prints their names. For PostgreSQL it then grants
// or prints the privileges that a service needs if it does not run as the owner.
func (c migrateUpCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if c.GrantTo != "" && !cfg.usesPostgres() {
		return errors.New("--grant-to is for PostgreSQL: the embedded store has no roles")
	}
	steps, err := migrateStore(ctx, cfg, cfg.logger(p.err))
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
			return fmt.Errorf("grant privileges to %s: %w", c.GrantTo, err)
		}
		_, err := fmt.Fprintf(p.out, "granted %s the privileges that a service needs\n", c.GrantTo)
		return err
	}
	grants, err := postgres.Grants(ctx, dsn)
	if err != nil {
		return fmt.Errorf("list the grants: %w", err)
	}
	fmt.Fprintln(p.out, "A service that runs as another role needs these grants (healthcare migrate --grant-to ROLE applies them):")
	for _, grant := range grants {
		fmt.Fprintln(p.out, grant)
	}
	return nil
}

type migrateStatusCommand struct{}

// Run prints every migration and when it was applied, including migrations of newer
// releases. It changes nothing.
func (migrateStatusCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	migrations, err := migrationStatus(ctx, cfg)
	if err != nil {
		return cfg.explain(err)
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	for _, migration := range migrations {
		status := "pending"
		if !migration.Pending() {
			status = migration.AppliedAt.UTC().Format(time.RFC3339)
		}
		switch {
		case migration.Compatible:
			status += "\tof a newer version; this version can use the schema"
		case migration.Unknown:
			status += "\tof a newer version; this version cannot use the schema"
		}
		fmt.Fprintf(table, "%s\t%s\n", migration.Name, status)
	}
	return table.Flush()
}
