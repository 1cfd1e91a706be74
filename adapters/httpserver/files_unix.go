//go:build unix

package httpserver

import "syscall"

// maxOpenFiles returns how many files the process can open, connections included, and false if it
// is not known.
func maxOpenFiles() (n uint64, known bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return uint64(limit.Cur), err == nil //nolint:unconvert // It is signed on some systems.
}
