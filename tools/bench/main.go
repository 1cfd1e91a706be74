// Command bench compares healthcare, on SQLite and on PostgreSQL, with PocketBase and with a
// bare server, and prints Markdown. docs/performance.md explains the figures. It needs Linux
// (/proc), wrk and PostgreSQL's programs; make bench runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	o := options{connections: numbers{16, 64}}
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each figure; the median is printed")
	flag.DurationVar(&o.duration, "duration", 2*time.Second, "length of a round, in whole seconds")
	flag.StringVar(&o.only, "only", "", "measure only the operations whose names contain this text, such as POST")
	growth := flag.Bool("growth", false, "measure healthcare with more and more patients instead")
	flag.Var(&o.connections, "connections", "numbers of connections")
	sizes := numbers{1000, 100_000, 1_000_000}
	flag.Var(&sizes, "sizes", "numbers of patients for -growth, in ascending order and 1,000 or more")
	flag.Parse()
	if *growth && slices.Min(sizes) < 1000 {
		fmt.Fprintln(os.Stderr, "-sizes: at least 1000 patients")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *growth {
		err = measureGrowth(ctx, o, sizes, os.Stdout)
	} else {
		err = run(ctx, o, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

type options struct {
	rounds      int
	duration    time.Duration
	only        string
	connections numbers
}

// numbers is a flag of numbers that are separated by commas.
type numbers []int

// String implements flag.Value.
func (s *numbers) String() string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint([]int(*s)), " ", ","), "[]")
}

// Set implements flag.Value.
func (s *numbers) Set(text string) error {
	*s = nil
	for number := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 {
			return errors.New("not numbers that are separated by commas")
		}
		*s = append(*s, n)
	}
	return nil
}

// progress tells the person who waits what is going on.
func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func run(ctx context.Context, o options, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "healthcare-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	progress("building the servers (PocketBase takes some minutes at the first time)")
	built, err := build(ctx, dir)
	if err != nil {
		return err
	}
	server, err := startPostgres(ctx, dir)
	if err != nil {
		return err
	}
	var systems []*system
	defer func() { stopAll(systems, server) }()
	for _, database := range []string{"ours", "bare"} {
		if err := server.exec(ctx, "postgres", "CREATE DATABASE "+database); err != nil {
			return err
		}
	}
	installations, err := install(built.healthcare, dir, server)
	if err != nil {
		return err
	}

	progress("measuring starts")
	starts, err := measureStarts(ctx, built, dir, server, installations)
	if err != nil {
		return err
	}

	progress("starting and filling the servers")
	systems, err = startSystems(ctx, built, dir, server, installations)
	if err != nil {
		return err
	}
	loader, err := newLoader(dir, o.duration, server)
	if err != nil {
		return err
	}
	figures, err := compare(ctx, o, loader, systems)
	if err != nil {
		return err
	}
	return report(ctx, out, o, server, starts, figures)
}

// installations are healthcare on both engines.
type installations struct{ sqlite, postgres healthcare }

func install(program, dir string, server *postgres) (i installations, err error) {
	i.sqlite, err = newHealthcare(program, filepath.Join(dir, "sqlite"), "")
	if err != nil {
		return i, err
	}
	i.postgres, err = newHealthcare(program, filepath.Join(dir, "onpostgres"), server.url("ours"))
	return i, err
}

// startSystems starts all servers. What it has started is returned with an error, too.
func startSystems(ctx context.Context, built programs, dir string, server *postgres, i installations) (systems []*system, err error) {
	for _, start := range []func() (*system, error){
		func() (*system, error) { return filledOurs(ctx, oursSQLite, i.sqlite) },
		func() (*system, error) {
			s, err := filledOurs(ctx, oursPostgres, i.postgres)
			if s != nil {
				s.processes = append(s.processes, server.process)
			}
			return s, err
		},
		func() (*system, error) {
			return startPocketBase(ctx, built.pocketBase, filepath.Join(dir, "pocketbase-data"))
		},
		func() (*system, error) { return startBare(ctx, built.bare, dir, server, "bare") },
	} {
		s, err := start()
		if s != nil {
			systems = append(systems, s)
		}
		if err != nil {
			return systems, err
		}
		if err := check(ctx, s); err != nil {
			return systems, err
		}
	}
	return append(systems, &system{name: statements, calls: bareCalls, database: server.url("bare")}), nil
}

// filledOurs starts and fills healthcare.
func filledOurs(ctx context.Context, name string, h healthcare) (*system, error) {
	s, err := ours(ctx, name, h)
	if err != nil {
		return s, err
	}
	return s, fillHealthcare(ctx, s.url, s.token)
}

// compare measures every operation. The rounds of the systems alternate, so that changes of
// the machine's speed meet all of them.
func compare(ctx context.Context, o options, l *loader, systems []*system) (*figures, error) {
	f := &figures{rounds: map[figureKey][]round{}}
	for _, operation := range operations {
		if !strings.Contains(operation, o.only) {
			continue
		}
		having := slices.DeleteFunc(slices.Clone(systems), func(s *system) bool { return s.calls[operation].method == "" })
		for _, connections := range o.connections {
			progress("%s, %d connections", operation, connections)
			for n := range o.rounds + 1 {
				for _, s := range having {
					made, err := l.run(ctx, s, operation, connections)
					if err != nil {
						return nil, err
					}
					if n > 0 { // The first round fills caches.
						f.add(operation, connections, s.name, made)
					}
				}
			}
		}
	}
	return f, nil
}
