package main

import (
	"context"
	"fmt"
	"log/slog"

	"example.com/healthcare/adapters/console"
	"example.com/healthcare/application"
)

// announce prints the service's address, where it stores its records and, if there is no
// administrator yet, how to create one. With LOG_FORMAT=json it logs this instead: a
// program that reads the log expects JSON only.
func (c config) announce(ctx context.Context, p process, users *application.Users, url string, log *slog.Logger) {
	hasAdministrator, err := users.HasAdministrator(ctx)
	if err != nil {
		log.Warn("cannot check whether an administrator exists", "error", err)
	}
	needsAdministrator := err == nil && !hasAdministrator
	if c.LogFormat == "json" {
		log.Info("listening", "version", buildVersion(), "url", url, "records", c.storeLocation())
		if needsAdministrator {
			log.Info("no administrator exists yet: create one with the command createsuperuser")
		}
		return
	}
	fmt.Fprintf(p.out, "healthcare %s listens on %s\n", buildVersion(), url)
	if c.servesConsole() {
		fmt.Fprintf(p.out, "Pages for the people at the desk are at %s%s\n", url, console.Path)
	}
	fmt.Fprintf(p.out, "Records are stored in %s.\n", c.storeLocation())
	if needsAdministrator {
		fmt.Fprintf(p.out, "To create the first administrator, run in this folder: %s createsuperuser\n", p.name)
	}
}

func (c config) storeLocation() string {
	if c.usesPostgres() {
		return "PostgreSQL"
	}
	return c.embeddedPath()
}
