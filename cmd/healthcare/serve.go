package main

import (
	"context"
	"fmt"
	"net"

	"example.com/healthcare/adapters/httpapi"
)

type serveCommand struct {
	Addr    string `help:"Listen here instead of HTTP_ADDR." placeholder:"HOST:PORT"`
	Migrate bool   `help:"Bring the schema up to date first. The embedded store does so by itself."`
}

// Run serves until ctx ends, and then as long as httpapi.Serve lets requests in
// flight finish.
func (s serveCommand) Run(ctx context.Context, p process) error {
	if s.Addr != "" {
		p.environment = append(p.environment, "HTTP_ADDR="+s.Addr)
	}
	cfg, err := loadServingConfig(p)
	if err != nil {
		return err
	}
	if s.Migrate {
		if _, err := migrateStore(ctx, cfg); err != nil {
			return err
		}
	}
	log := cfg.logger(p.err)
	handler, cleanup, err := newHandler(ctx, cfg, log)
	if err != nil {
		return err
	}
	defer cleanup()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.HTTPAddr)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.out, "healthcare %s listens on http://%s\n", buildVersion(), listener.Addr())
	fmt.Fprintf(p.out, "Records are kept in %s.\n", cfg.whereRecordsAre())
	fmt.Fprintf(p.out, "To make the first administrator, in this folder: %s createsuperuser\n", p.name)
	err = httpapi.Serve(ctx, listener, handler, log)
	log.Info("stopped")
	return err
}

func (c config) whereRecordsAre() string {
	if c.usesPostgres() {
		return "PostgreSQL"
	}
	return c.embeddedPath()
}
