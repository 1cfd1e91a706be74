package main

import (
	"context"
	"path/filepath"
	"syscall"
	"time"
)

// startFigures are the medians of several starts of a server.
type startFigures struct {
	firstAnswer time.Duration // from the start of the process
	idleMiB     float64       // resident memory a second after the first answer
}

// startsOfEach is how often each server is started. The first start, which creates the
// database, does not count.
const startsOfEach = 5

// measureStarts starts and stops servers one after the other, in turn.
func measureStarts(ctx context.Context, built programs, dir string, server *postgres, i installations) (map[string]startFigures, error) {
	if err := server.exec(ctx, "postgres", "CREATE DATABASE starts"); err != nil {
		return nil, err
	}
	if err := server.exec(ctx, "starts", bareTable); err != nil {
		return nil, err
	}
	starting := []struct {
		name  string
		serve func() (*process, string, error)
	}{
		{oursSQLite, func() (*process, string, error) { return i.sqlite.serve(ctx, "SHUTDOWN_DELAY=0") }},
		{oursPostgres, func() (*process, string, error) { return i.postgres.serve(ctx, "SHUTDOWN_DELAY=0") }},
		{bare, func() (*process, string, error) {
			return serveBare(ctx, built.bare, filepath.Dir(built.bare), server, "starts")
		}},
	}
	answers, memory := map[string][]time.Duration{}, map[string][]float64{}
	for n := range startsOfEach + 1 {
		for _, s := range starting {
			begun := time.Now()
			running, _, err := s.serve()
			if err != nil {
				return nil, err
			}
			answer := time.Since(begun)
			time.Sleep(time.Second)
			resident, err := running.residentMiB()
			running.stop(syscall.SIGTERM)
			if err != nil {
				return nil, err
			}
			if n > 0 {
				answers[s.name] = append(answers[s.name], answer)
				memory[s.name] = append(memory[s.name], resident)
			}
		}
	}
	found := map[string]startFigures{}
	for _, s := range starting {
		found[s.name] = startFigures{median(answers[s.name]), median(memory[s.name])}
	}
	return found, nil
}
