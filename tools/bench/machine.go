package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// describeMachine returns a line about what the figures depend on.
func describeMachine(ctx context.Context, server *postgres) (string, error) {
	version, err := exec.CommandContext(ctx, filepath.Join(server.programs, "postgres"), "--version").Output()
	if err != nil {
		return "", err
	}
	sync, err := syncTime(filepath.Dir(server.logPath))
	if err != nil {
		return "", err
	}
	load, _, _ := strings.Cut(read("/proc/loadavg"), " ")
	return fmt.Sprintf("%s: %d CPUs (%s), %s of memory, kernel %s, %s, %s. Writing and syncing 4 KiB takes %.2f ms. Load at the end: %s.",
		time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), field("/proc/cpuinfo", "model name"), field("/proc/meminfo", "MemTotal"),
		strings.TrimSpace(read("/proc/sys/kernel/osrelease")), runtime.Version(), strings.TrimSpace(string(version)), milliseconds(sync), load), nil
}

// syncTime returns the median time in which a block is written and synced in the folder.
func syncTime(dir string) (time.Duration, error) {
	file, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	var times []time.Duration
	for range 101 {
		begun := time.Now()
		if _, err := file.WriteAt(make([]byte, 4096), 0); err != nil {
			return 0, err
		}
		if err := file.Sync(); err != nil {
			return 0, err
		}
		times = append(times, time.Since(begun))
	}
	return median(times), nil
}

// field returns the first value with this name in a file such as /proc/cpuinfo.
func field(path, name string) string {
	for line := range strings.Lines(read(path)) {
		if key, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// read returns a file of /proc, or nothing if it cannot be read.
func read(path string) string {
	content, _ := os.ReadFile(path)
	return string(content)
}
