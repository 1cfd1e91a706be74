package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// growthConnections is how many connections ask at once in the measurement of growth.
const growthConnections = 16

// growthEndpoint is what is measured with databases of several sizes. The sizes of the answers
// do not depend on that of the database.
type growthEndpoint struct {
	name string
	call
}

// growthEndpoints returns what is measured in a database of n patients. Those that read the
// audit trail come first, because all others write to it.
func growthEndpoints(n int) (all []growthEndpoint) {
	middle := time.Unix(firstEventSeconds+int64(eventsOf(n)/eventsPerSecond/2), 0).UTC().Format(time.RFC3339)
	for _, get := range []struct{ name, path string }{
		{"accesses of a patient", "/api/patients/{n}/accesses/"},
		{"audit", "/api/audit/"},
		{"audit, last first", "/api/audit/?ordering=-id"},
		{"audit of a busy user", "/api/audit/?actor=1"},
		{"audit of a user", "/api/audit/?actor=77"},
		{"audit of a user and an action that the user never did", "/api/audit/?actor=1&action=patient:delete"},
		{"audit of a patient", "/api/audit/?patient={n}"},
		{"audit since a time in the middle", "/api/audit/?from=" + middle},
		{"one patient", "/api/patients/{n}/"},
		{"patients", "/api/patients/"},
		{"patients, last first", "/api/patients/?ordering=-id"},
		{"patients by name", "/api/patients/?ordering=name"},
		{"patients, search of a rare name", "/api/patients/?search=Lindqvist"},
		{"patients, search of a rare name by name", "/api/patients/?search=Lindqvist&ordering=name"},
		{"patients, search of a part of many names", "/api/patients/?search=an"},
		{"patients, search of an external id", "/api/patients/?search=MRN10000077"},
		{"patients, search of a phone number", "/api/patients/?search=1000000077"},
		{"patients, search without a result", "/api/patients/?search=Qzxvy"},
		{"patients, born on a day", "/api/patients/?date_of_birth=1911-11-11"},
		{"patients, born in a month", "/api/patients/?date_of_birth__gte=1911-11-01&date_of_birth__lt=1911-12-01"},
		{"patients, by their external id", "/api/patients/?external_id=MRN10000077"},
		{"patients, without a doctor", "/api/patients/?has_doctor=false"},
		{"patients of a doctor by a filter", "/api/patients/?doctor_id=1"},
		{"patients that a user registered", "/api/patients/?created_by=77"},
		{"deleted patients", "/api/patients/deleted/"},
		{"history of a patient", "/api/patients/{n}/history/"},
		{"doctors of a patient", "/api/patients/{n}/doctors/"},
		{"doctors of a patient with 2,000", "/api/patients/1/doctors/"},
		{"patients of a doctor with 2,000", "/api/doctors/1/patients/"},
		{"doctors", "/api/doctors/"},
		{"doctors, search of a rare name", "/api/doctors/?search=Lindqvist"},
		{"mappings", "/api/mappings/"},
		{"mappings of a patient", "/api/mappings/?patient_id={n}"},
		{"mappings of a doctor", "/api/mappings/?doctor_id=1"},
		{"users", "/api/users/"},
		{"users, search of a rare name", "/api/users/?search=Okonkwo"},
		{"users, search without a result", "/api/users/?search=Qzxvy"},
	} {
		all = append(all, growthEndpoint{get.name, call{http.MethodGet, get.path, ""}})
	}
	return append(all, growthEndpoint{patch, oursCalls[patch]}, growthEndpoint{post, oursCalls[post]})
}

// measureGrowth measures healthcare alone, with databases of several sizes, and prints how
// much slower it is with the larger ones.
func measureGrowth(ctx context.Context, o options, sizes []int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "healthcare-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	progress("building the program")
	program := filepath.Join(dir, "healthcare")
	if err := buildProgram(ctx, "../..", "./cmd/healthcare", program); err != nil {
		return err
	}
	server, err := startPostgres(ctx, dir)
	if err != nil {
		return err
	}
	var systems []*system
	defer func() { stopAll(systems, server) }()
	for _, engine := range []string{oursSQLite, oursPostgres} {
		for _, n := range sizes {
			begun := time.Now()
			s, err := startGrown(ctx, dir, program, engine, n, server)
			if s != nil {
				systems = append(systems, s)
			}
			if err != nil {
				return err
			}
			progress("%s: filled in %v", s.name, time.Since(begun).Round(time.Second))
		}
	}
	if err := settle(ctx, systems, server); err != nil {
		return err
	}
	l, err := newLoader(dir, o.duration, server)
	if err != nil {
		return err
	}
	all := &figures{rounds: map[figureKey][]round{}}
	var failures []error
	for at, endpoint := range growthEndpoints(sizes[0]) {
		if !strings.Contains(endpoint.name, o.only) {
			continue
		}
		progress("%s", endpoint.name)
		for i, s := range systems {
			s.calls = map[string]call{endpoint.name: growthEndpoints(sizes[i%len(sizes)])[at].call}
		}
		measured, err := measureEndpoint(ctx, o, l, systems, endpoint.name)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			progress("%s has no figures: %v", endpoint.name, err)
			failures = append(failures, fmt.Errorf("%s has no figures: %w", endpoint.name, err))
			continue
		}
		maps.Copy(all.rounds, measured.rounds)
	}
	return errors.Join(append(failures, reportGrowth(ctx, out, o, sizes, server, all))...)
}

// measureEndpoint makes the rounds of one endpoint. On a busy machine a system can refuse
// requests for a moment, so a round that failed is made again, twice at most. The databases took
// long to fill, and one endpoint that fails must not waste them.
func measureEndpoint(ctx context.Context, o options, l *loader, systems []*system, name string) (*figures, error) {
	f := &figures{rounds: map[figureKey][]round{}}
	for _, s := range systems {
		if err := signInToOurs(ctx, s); err != nil {
			return nil, err
		}
	}
	for n := range o.rounds + 1 {
		for _, s := range systems {
			made, err := l.run(ctx, s, name, growthConnections)
			for again := 0; err != nil && again < 2 && ctx.Err() == nil; again++ {
				made, err = l.run(ctx, s, name, growthConnections)
			}
			if err != nil {
				return nil, err
			}
			if n > 0 {
				f.add(name, growthConnections, s.name, made)
			}
		}
	}
	return f, nil
}

// grown names a system with n patients.
func grown(engine string, n int) string { return fmt.Sprintf("%s, %d patients", engine, n) }

// startGrown fills a database of n patients and starts healthcare with it.
func startGrown(ctx context.Context, dir, program, engine string, n int, server *postgres) (*system, error) {
	name := fmt.Sprintf("grown%d", n)
	var h healthcare
	var err error
	if engine == oursPostgres {
		if err := server.exec(ctx, "postgres", "CREATE DATABASE "+name); err != nil {
			return nil, err
		}
		if err := fillForGrowth(ctx, postgresDialect, server.url(name), n); err != nil {
			return nil, err
		}
		h, err = newHealthcare(program, filepath.Join(dir, "postgres-"+name), server.url(name))
	} else {
		h, err = newHealthcare(program, filepath.Join(dir, "sqlite-"+name), "")
		data := filepath.Join(h.dir, "data")
		err = errors.Join(err, os.Mkdir(data, 0o700))
		if err == nil {
			err = fillForGrowth(ctx, sqliteDialect, filepath.Join(data, "healthcare.db"), n)
		}
	}
	if err != nil {
		return nil, err
	}
	h.env = append(h.env, "SECRET_KEY=the-benchmark-has-no-secrets-to-keep")
	if output, err := h.command(ctx, nil, "migrate", "up").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("migrate: %w\n%s", err, output)
	}
	if engine == oursPostgres { // as autovacuum would do soon
		if err := server.exec(ctx, name, "VACUUM (ANALYZE)"); err != nil {
			return nil, err
		}
	}
	s, err := ours(ctx, grown(engine, n), h)
	if s != nil && engine == oursPostgres {
		s.processes = append(s.processes, server.process)
	}
	return s, err
}

// settle waits until all servers together use less than a tenth of a CPU, because they seal the
// trail that they found and checkpoint what was written.
func settle(ctx context.Context, systems []*system, server *postgres) error {
	progress("waiting until the servers are idle")
	all := []*process{server.process}
	for _, s := range systems {
		all = append(all, s.processes[0])
	}
	const interval = 5 * time.Second
	for {
		before, err := cpuTimes(all)
		if err != nil {
			return err
		}
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return ctx.Err()
		}
		after, err := cpuTimes(all)
		if err != nil {
			return err
		}
		if after-before < interval/10 {
			return nil
		}
	}
}

// reportGrowth prints Markdown.
func reportGrowth(ctx context.Context, out io.Writer, o options, sizes []int, server *postgres, f *figures) error {
	machine, err := describeMachine(ctx, server)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\nRequests per second at %d connections, medians of %d rounds of %v. The aim is that with %d patients there are at least 0.8 times as many as with %d.\n\n",
		machine, growthConnections, o.rounds, o.duration, sizes[len(sizes)-1], sizes[0])
	head := []string{"endpoint", "engine"}
	for _, n := range sizes {
		head = append(head, fmt.Sprintf("%d patients", n))
	}
	head = append(head, "last / first", "by CPU time", "p99 ms of the last", "result")
	var rows [][]string
	for _, endpoint := range growthEndpoints(sizes[0]) {
		for _, engine := range []string{oursSQLite, oursPostgres} {
			if f.of(endpoint.name, growthConnections, grown(engine, sizes[0])) == nil {
				continue
			}
			row := []string{endpoint.name, engine}
			for _, n := range sizes {
				row = append(row, fmt.Sprintf("%.0f", medianOf(f.of(endpoint.name, growthConnections, grown(engine, n)), perSecond)))
			}
			last, first := grown(engine, sizes[len(sizes)-1]), grown(engine, sizes[0])
			ratio := aim{
				figure: f.ratio(endpoint.name, growthConnections, last, first), atLeast: true, wanted: 0.8, decimals: 2,
				cpu: f.cpuRatio(endpoint.name, growthConnections, last, first),
			}
			cells := ratio.row()
			p99 := milliseconds(medianOf(f.of(endpoint.name, growthConnections, last), p99))
			rows = append(rows, slices.Concat(row, []string{cells[2], cells[4], fmt.Sprintf("%.0f", p99), cells[3]}))
		}
	}
	table(out, head, rows)
	return nil
}
