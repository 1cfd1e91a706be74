package main

import (
	"context"
	"fmt"
	"log/slog"

	"example.com/healthcare/application"
)

// announce says where the service listens and keeps its records, and what is to be done
// first. Where the log is JSON, that is a part of it: what reads it expects nothing else.
func (c config) announce(ctx context.Context, p process, users *application.Users, url string, log *slog.Logger) {
	hasAdministrator, err := users.HasAdministrator(ctx)
	if err != nil {
		log.Warn("whether there is an administrator is not known", "error", err)
	}
	needsOne := err == nil && !hasAdministrator
	if c.LogFormat == "json" {
		log.Info("listening", "version", buildVersion(), "url", url, "records", c.whereRecordsAre())
		if needsOne {
			log.Info("there is no administrator yet: make the first one with the command createsuperuser")
		}
		return
	}
	fmt.Fprintf(p.out, "healthcare %s listens on %s\n", buildVersion(), url)
	fmt.Fprintf(p.out, "Records are kept in %s.\n", c.whereRecordsAre())
	if needsOne {
		fmt.Fprintf(p.out, "To make the first administrator, in this folder: %s createsuperuser\n", p.name)
	}
}

func (c config) whereRecordsAre() string {
	if c.usesPostgres() {
		return "PostgreSQL"
	}
	return c.embeddedPath()
}
