package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that runs beside this program. It ends with this program.
type process struct {
	command *exec.Cmd
	logPath string
}

// start starts a program. What it prints goes to a file in the folder dir.
func start(command *exec.Cmd, dir string) (*process, error) {
	name := filepath.Base(command.Path)
	log, err := os.CreateTemp(dir, name+"-*.log")
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	command.Stdout, command.Stderr = log, log
	if command.SysProcAttr == nil {
		command.SysProcAttr = new(syscall.SysProcAttr)
	}
	command.SysProcAttr.Pdeathsig = syscall.SIGKILL
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return &process{command: command, logPath: log.Name()}, nil
}

// stop asks the process to end with the signal, and waits for that.
func (p *process) stop(signal os.Signal) {
	_ = p.command.Process.Signal(signal)
	_ = p.command.Wait() // The exit code after a signal says nothing.
}

// failed adds the end of what the process has printed to an error.
func (p *process) failed(err error) error {
	log, _ := os.ReadFile(p.logPath)
	return fmt.Errorf("%w\n%s", err, log[max(0, len(log)-2000):])
}

// awaitAnswer returns when the URL is answered with 200, and asks every millisecond. It gives
// up after a minute.
func (p *process) awaitAnswer(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if status, _, err := send(ctx, http.MethodGet, url, "", ""); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-time.After(time.Millisecond):
		case <-ctx.Done():
			return p.failed(fmt.Errorf("%s was not answered: %w", url, ctx.Err()))
		}
	}
}

// clockTick is the unit of times in /proc: USER_HZ is 100 on every architecture of Linux that
// Go supports (proc(5)).
const clockTick = 10 * time.Millisecond

// cpuTime returns the CPU time that the process and its children have used.
func (p *process) cpuTime() (time.Duration, error) {
	root := p.command.Process.Pid
	used, err := cpuTimeOf(root)
	if err != nil {
		return 0, err
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", root, root))
	if err != nil {
		return 0, err
	}
	for _, child := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(child)
		if err != nil {
			return 0, err
		}
		if time, err := cpuTimeOf(pid); err == nil { // A child that has ended counts for its parent.
			used += time
		}
	}
	return used, nil
}

// cpuTimeOf returns the CPU time of a process and of its children that have ended.
func cpuTimeOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, can contain spaces. utime is the 14th field, cstime the 17th.
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 15 {
		return 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	var ticks int
	for _, field := range fields[11:15] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * clockTick, nil
}

// residentMiB returns the memory that the process has resident (VmRSS).
func (p *process) residentMiB() (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.ParseFloat(strings.Fields(rest + " ?")[0], 64)
	return kib / 1024, err
}

// freeAddress returns an address of this machine whose port is free.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String(), nil
}
