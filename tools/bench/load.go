package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// wrk sends the load, from a process of its own: it needs the least CPU time of the usual
// programs, which matters where the servers share the CPUs with it, and keeps its
// connections open.
//
//go:embed wrk.lua
var wrkScript []byte

// The statements of the bare server, for pgbench.
var pgbenchScripts = map[string]string{
	getOne: `\set id random(1, 1000)
SELECT id, created_by, name, CAST(date_of_birth AS text), phone_number, gender, email, external_id, address, medical_record, version, created_at, updated_at
	FROM patients WHERE id = :id;`,
	post: `INSERT INTO patients (name, date_of_birth, phone_number, gender, email, external_id, address, medical_record)
	VALUES ('Rebecca Adler', CAST('1971-04-16' AS date), '+44 20 7946 0123', 'F', 'rebecca.adler@example.com', 'MRN', '12 Main Street, Princeton',
	'Kindergarten teacher. Aphasia, then a seizure. Neurocysticercosis; albendazole for two weeks. Seen again after six weeks, free of symptoms.')
	RETURNING id, created_by, name, CAST(date_of_birth AS text), phone_number, gender, email, external_id, address, medical_record, version, created_at, updated_at;`,
}

// round is what one system did with one operation for a few seconds.
type round struct {
	perSecond float64       // 0 if the first answer took longer
	p50, p99  time.Duration // 0 for pgbench
	cpu       time.Duration // of the server and its database, for each request; 0 for pgbench
}

// loader makes rounds.
type loader struct {
	dir      string // where scripts are
	duration time.Duration
	rounds   int // that were made, so that no two rounds add the same values
	postgres *postgres
}

func newLoader(dir string, duration time.Duration, server *postgres) (*loader, error) {
	l := &loader{dir: dir, duration: duration, postgres: server}
	if err := os.WriteFile(l.path("wrk.lua"), wrkScript, 0o600); err != nil {
		return nil, err
	}
	for operation, script := range pgbenchScripts {
		if err := os.WriteFile(l.path(operation+".sql"), []byte(script), 0o600); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func (l *loader) path(name string) string { return filepath.Join(l.dir, name) }

// run makes one round. An answer with another status than 2xx is an error: what a server
// refuses must not count as speed.
func (l *loader) run(ctx context.Context, s *system, operation string, connections int) (round, error) {
	if s.database != "" {
		return l.runPgbench(ctx, s, operation, connections)
	}
	l.rounds++
	c := s.calls[operation]
	before, err := cpuTimes(s.processes)
	if err != nil {
		return round{}, err
	}
	wrk := exec.CommandContext(ctx, "wrk", "--threads", "1", "--connections", strconv.Itoa(connections), "--timeout", "20s",
		"--duration", fmt.Sprint(l.duration), "--script", l.path("wrk.lua"), s.url,
		"--", c.method, c.path, s.token, c.body, strconv.Itoa(l.rounds))
	output, err := wrk.CombinedOutput()
	if err != nil {
		return round{}, fmt.Errorf("wrk: %w\n%s", err, output)
	}
	after, err := cpuTimes(s.processes)
	if err != nil {
		return round{}, err
	}
	var result struct{ Requests, Microseconds, P50, P99, Refused, Broken int }
	if err := json.Unmarshal(output[bytes.LastIndexByte(bytes.TrimSpace(output), '\n')+1:], &result); err != nil {
		return round{}, fmt.Errorf("wrk printed no result: %w\n%s", err, output)
	}
	if result.Refused+result.Broken > 0 {
		return round{}, s.processes[0].failed(fmt.Errorf("%s, %s, %d connections: of %d answers, %d were no 2xx; %d requests had no answer",
			s.name, operation, connections, result.Requests, result.Refused, result.Broken))
	}
	if result.Requests == 0 { // The first answer takes longer than a round.
		return round{}, nil
	}
	return round{
		perSecond: float64(result.Requests) / (float64(result.Microseconds) / 1e6),
		p50:       time.Duration(result.P50) * time.Microsecond,
		p99:       time.Duration(result.P99) * time.Microsecond,
		cpu:       (after - before) / time.Duration(result.Requests),
	}, nil
}

func cpuTimes(processes []*process) (sum time.Duration, err error) {
	for _, p := range processes {
		used, err := p.cpuTime()
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

var (
	noTransactions        = []byte("transactions actually processed: 0\n")
	transactionsPerSecond = regexp.MustCompile(`(?m)^tps = ([0-9.]+)`)
	failedTransactions    = regexp.MustCompile(`(?m)^number of failed transactions: ([0-9]+)`)
)

func (l *loader) runPgbench(ctx context.Context, s *system, operation string, connections int) (round, error) {
	pgbench := exec.CommandContext(ctx, filepath.Join(l.postgres.programs, "pgbench"), "--no-vacuum", "--protocol", "prepared",
		"--client", strconv.Itoa(connections), "--time", strconv.Itoa(int(l.duration.Seconds())), "--file", l.path(operation+".sql"), s.database)
	output, err := pgbench.CombinedOutput()
	if err != nil {
		return round{}, fmt.Errorf("pgbench: %w\n%s", err, output)
	}
	if bytes.Contains(output, noTransactions) { // The first one takes longer than a round.
		return round{}, nil
	}
	found := transactionsPerSecond.FindSubmatch(output)
	if found == nil {
		return round{}, fmt.Errorf("pgbench printed no result:\n%s", output)
	}
	if failed := failedTransactions.FindSubmatch(output); failed != nil && string(failed[1]) != "0" {
		return round{}, fmt.Errorf("pgbench: %s transactions failed", failed[1])
	}
	perSecond, err := strconv.ParseFloat(string(found[1]), 64)
	return round{perSecond: perSecond}, err
}
