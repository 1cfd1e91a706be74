package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"example.com/healthcare/adapters/console"
	"example.com/healthcare/application"
)

type demoCommand struct {
	Addr string `help:"Listen on this loopback address instead of 127.0.0.1:8000. Port 0 is any free port." placeholder:"HOST:PORT" default:"127.0.0.1:8000"`
}

// demoSettings are the settings of the demo, besides DATA_DIR and HTTP_ADDR.
var demoSettings = []string{
	"CORS_ALLOWED_ORIGINS=" + demoOrigins(),
	"DOCS=on",
	// Each user of the demo signs in once in the two weeks, because hashing takes time.
	fmt.Sprintf("REFRESH_TOKEN_TTL=%dh", 24*(demoDays+1)),
	"SHUTDOWN_DELAY=0",
	// Requests are not logged, so that the passwords stay on the screen.
	"LOG_LEVEL=WARN",
}

// Run fills an embedded store in a temporary folder with the records of two weeks, and
// serves it until ctx ends. Then it removes the folder.
//
// It reads neither the environment nor a .env file, so it cannot touch other data.
func (d demoCommand) Run(ctx context.Context, p process) (err error) {
	signal.Ignore(syscall.SIGPIPE) // If the reader of the output exits, the folder is still removed.
	if _, port, err := net.SplitHostPort(d.Addr); err != nil || !isPort(port) || !isLoopback(d.Addr) {
		return errors.New("--addr must be a loopback address with a port, such as 127.0.0.1:8001: the demo is for this machine only")
	}
	listener, err := listen(ctx, "--addr", d.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("another program listens on %s: stop it, or choose another port: %s demo --addr 127.0.0.1:8001", d.Addr, p.name)
	} else if err != nil {
		return explainedError{err, fmt.Sprintf("cannot listen on %s: choose another address: %s demo --addr 127.0.0.1:8001", d.Addr, p.name)}
	}
	defer func() { _ = listener.Close() }()
	dir, err := os.MkdirTemp("", "healthcare-demo-")
	if err != nil {
		return fmt.Errorf("create a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p.dotenv = ""
	p.environment = append([]string{"DATA_DIR=" + dir, "HTTP_ADDR=" + d.Addr}, demoSettings...)
	cfg, err := loadServingConfig(p)
	if err != nil {
		return err
	}
	log := cfg.logger(p.err)
	if cfg, err = cfg.resolveSecretKey(ctx, log); err != nil {
		return err
	}
	admin, staff := newDemoUsers()
	if err := fillDemo(ctx, cfg, log, admin, staff); ctx.Err() != nil {
		return nil // Ctrl-C stopped it.
	} else if err != nil {
		return fmt.Errorf("create the records of the demo: %w", err)
	}
	return cfg.serve(ctx, endpoints{api: listener}, log, func(*application.UseCases) {
		announceDemo(p.out, fmt.Sprintf("http://%s", listener.Addr()), dir, admin, staff)
	})
}

// fillDemo creates the store and its two weeks of records.
func fillDemo(ctx context.Context, cfg config, log *slog.Logger, admin, staff *demoUser) error {
	clock := &demoClock{}
	useCases, cleanup, err := newUseCasesAt(ctx, cfg, accessCreate, clock.Now, log)
	if err != nil {
		return err
	}
	defer cleanup()
	history := demoHistory{UseCases: useCases, clock: clock, admin: admin, staff: staff}
	return history.fill(ctx, time.Now())
}

// announceDemo prints where the demo is and how to sign in.
func announceDemo(out io.Writer, url, dir string, users ...*demoUser) {
	fmt.Fprint(out, "A clinic of made-up records. Ctrl-C stops it and removes all of it.\n\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, address := range []struct{ name, path string }{
		// Pages for people come first.
		{"Console", console.Path},
		{"Documentation", "/docs/"},
		{"API", "/api/"},
	} {
		fmt.Fprintf(table, "  %s\t%s%s\n", address.name, url, address.path)
	}
	for _, user := range users {
		fmt.Fprintf(table, "  %s\t%s\tpassword %s\n", user.title, user.email, user.password)
	}
	_ = table.Flush()
	fmt.Fprintf(out, "\nThe records are in %s.\n", dir)
}

// demoOrigins are the web origins at which development servers usually serve pages.
func demoOrigins() string {
	var origins []string
	for _, host := range []string{"localhost", "127.0.0.1"} {
		for _, port := range []int{80, 3000, 4200, 5000, 5173, 8080, 8081} {
			origins = append(origins, fmt.Sprintf("http://%s:%d", host, port))
		}
	}
	return strings.Join(origins, ",")
}
