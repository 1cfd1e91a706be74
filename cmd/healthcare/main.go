// Command healthcare serves a clinic's records over HTTP: doctors, patients and the
// assignments between them.
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

// commands lists the commands of the program.
type commands struct {
	Serve           serveCommand           `cmd:"" help:"Serve the API over HTTP."`
	Health          healthCommand          `cmd:"" help:"Ask the service on this machine whether it is ready. For health checks of containers."`
	Demo            demoCommand            `cmd:"" help:"Serve a clinic of made-up records to try out. It is removed when the command stops."`
	Migrate         migrateCommand         `cmd:"" help:"Update the database schema, or list its steps."`
	Createsuperuser createsuperuserCommand `cmd:"" help:"Create an administrator."`
	Users           usersCommand           `cmd:"" help:"Manage users without signing in."`
	Audit           auditCommand           `cmd:"" help:"Verify and adopt the audit trail."`
	Backup          backupCommand          `cmd:"" help:"Back up the embedded store to a file, also while the service runs."`
	Restore         restoreCommand         `cmd:"" help:"Replace the embedded store by a backup, and revoke all sessions. Stop the service first."`
	Export          exportCommand          `cmd:"" help:"Write all records of a kind, or all users, to a file or to the standard output, also while the service runs."`
	Import          importCommand          `cmd:"" help:"Add and change records from a file, also while the service runs."`
	ImportDjango    importDjangoCommand    `cmd:"" help:"Take over users and records from the database of the old backend."`
	Purge           purgeCommand           `cmd:"" help:"Remove records for good that were deleted long ago, or count them."`
	Policy          policyCommand          `cmd:"" help:"Print the permissions of each role."`
	Openapi         openapiCommand         `cmd:"" help:"Print the description of the API, an OpenAPI document."`
	Version         versionCommand         `cmd:"" help:"Print the version."`
}

// process holds the arguments, environment and streams of the process that runs a command.
type process struct {
	name        string // the program's name in the command line
	environment []string
	dotenv      string
	in          *os.File
	out         io.Writer
	err         io.Writer
}

func main() {
	os.Exit(run(notifyContext(), process{name: os.Args[0], environment: os.Environ(), dotenv: ".env", in: os.Stdin, out: os.Stdout, err: os.Stderr}, os.Args[1:]))
}

// notifyContext returns a context that ends at the first SIGINT, SIGTERM or SIGHUP. A
// second SIGINT or SIGTERM kills the process.
func notifyContext() context.Context {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup makes the process ignore it.
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		// When a terminal closes, the kernel and the shell both send a SIGHUP.
		signal.Ignore(syscall.SIGHUP)
		stop()
	})
	return ctx
}

// run runs the command that args name. It returns the exit code: 0 for success, 1 if the
// command failed, 2 if args are invalid.
func run(ctx context.Context, p process, args []string) int {
	exit := -1
	parser := kong.Must(&commands{},
		kong.Name("healthcare"),
		kong.Description("The records of a clinic: doctors, patients and the assignments between them."),
		kong.Writers(p.out, p.err),
		kong.Exit(func(code int) { exit = code }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p),
	)
	command, err := parser.Parse(args)
	if exit >= 0 { // Parse has printed the help.
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

// withServices loads the settings, opens the store and calls run with the use-cases. It
// refuses a data directory that no service has used yet.
func withServices(ctx context.Context, p process, access access, run func(*application.UseCases) error) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	return cfg.withServices(ctx, p, access, run)
}

// withServices is the function withServices for a command that has loaded the settings.
func (c config) withServices(ctx context.Context, p process, access access, run func(*application.UseCases) error) error {
	if err := c.requireUsed(); err != nil {
		return err
	}
	useCases, cleanup, err := newUseCases(ctx, c, access, c.logger(p.err))
	if err != nil {
		return err
	}
	defer cleanup()
	return run(useCases)
}

// withOwnTrail is withServices for a command that records audit events. It refuses a trail
// that was sealed with another key.
func withOwnTrail(ctx context.Context, p process, run func(*application.UseCases) error) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	return cfg.withOwnTrail(ctx, p, run)
}

// withOwnTrail is the function withOwnTrail for a command that has loaded the settings.
func (c config) withOwnTrail(ctx context.Context, p process, run func(*application.UseCases) error) error {
	return c.withServices(ctx, p, accessUse, func(useCases *application.UseCases) error {
		if err := requireOwnTrail(ctx, useCases.Trail); err != nil {
			return err
		}
		return run(useCases)
	})
}

// describe returns the text of an error for an operator, with one line per invalid field.
func describe(err error) string {
	e, ok := errors.AsType[*domain.Error](err)
	switch {
	case ok && e.Kind == domain.Unavailable && e.Err != nil:
		// The cause says more than the message for API clients.
		return strings.Replace(err.Error(), e.Error(), e.Err.Error(), 1)
	case !ok || len(e.Fields) == 0:
		return err.Error()
	}
	var lines []string
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		lines = append(lines, field+": "+strings.Join(e.Fields[field], " "))
	}
	return strings.Replace(err.Error(), e.Error(), strings.Join(lines, "\n"), 1)
}
