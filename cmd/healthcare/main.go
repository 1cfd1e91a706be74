// Command healthcare serves a clinic's records: doctors, patients, and who is
// assigned to whom.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// commands is the command line.
type commands struct {
	Serve           serveCommand           `cmd:"" help:"Serve the API."`
	Migrate         migrateCommand         `cmd:"" help:"Bring the database schema up to date, or say how far it is."`
	Createsuperuser createsuperuserCommand `cmd:"" help:"Create an administrator."`
	Users           usersCommand           `cmd:"" help:"Manage users without signing in."`
	Audit           auditCommand           `cmd:"" help:"Examine the audit trail."`
	Purge           purgeCommand           `cmd:"" help:"Remove for good what was deleted long ago, or say how much that is."`
	Policy          policyCommand          `cmd:"" help:"Print who may do what."`
	Version         versionCommand         `cmd:"" help:"Print the version."`
}

// process is what a command has of the process it runs in.
type process struct {
	name        string // as it was called
	environment []string
	dotenv      string
	in          *os.File
	out         io.Writer
	err         io.Writer
}

func main() {
	ctx, stop := untilSignalled()
	code := run(ctx, process{name: os.Args[0], environment: os.Environ(), dotenv: ".env", in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// untilSignalled returns a context that ends when the process is asked to finish. A
// second SIGINT or SIGTERM ends the process at once.
func untilSignalled() (ctx context.Context, stop func()) {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop = signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		// When a terminal closes, both it and the shell send one.
		signal.Ignore(syscall.SIGHUP)
		stop()
	})
	return ctx, stop
}

// run returns the exit code: 0 done, 1 failed, 2 not understood.
func run(ctx context.Context, p process, args []string) int {
	exit := -1
	parser := kong.Must(&commands{},
		kong.Name("healthcare"),
		kong.Description("The records of a clinic: doctors, patients, and who is assigned to whom."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	command, err := parser.Parse(args)
	if exit >= 0 { // --help has been printed
		return exit
	}
	if err != nil {
		parser.Errorf("%s", err)
		return 2
	}
	if err := command.Run(); err != nil {
		for line := range strings.Lines(describe(err)) {
			fmt.Fprintln(p.err, "healthcare:", strings.TrimSpace(line))
		}
		return 1
	}
	return 0
}

// withServices loads the settings, builds the use-cases and runs do. It refuses a data
// folder that no service has used yet.
func withServices(ctx context.Context, p process, access access, do func(*application.UseCases) error) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if err := cfg.checkInUse(); err != nil {
		return err
	}
	useCases, cleanup, err := newUseCases(ctx, cfg, access, cfg.logger(p.err))
	if err != nil {
		return err
	}
	defer cleanup()
	return do(useCases)
}

// withOwnTrail is withServices for a command that leaves events: it refuses a trail
// that was sealed with another key.
func withOwnTrail(ctx context.Context, p process, do func(*application.UseCases) error) error {
	return withServices(ctx, p, using, func(useCases *application.UseCases) error {
		if err := requireOwnTrail(ctx, useCases.Trail); err != nil {
			return err
		}
		return do(useCases)
	})
}

// describe tells an operator what went wrong, a bad field a line.
func describe(err error) string {
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case ok && e.Kind == domain.Unavailable && e.Err != nil:
		return e.Err.Error() // what is not available, rather than that something is not
	case !ok || len(e.Fields) == 0:
		return err.Error()
	}
	var lines []string
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		lines = append(lines, field+": "+strings.Join(e.Fields[field], " "))
	}
	return strings.Join(lines, "\n")
}
