//go:build cheaphashing

package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
)

// At SIGUSR1, the program that the tests build prints how many goroutines it has, and how many
// bytes are in use after a garbage collection.
func init() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	go func() {
		for range asked {
			var memory runtime.MemStats
			runtime.GC()
			runtime.GC() // It frees what pools and finalizers have kept through the first one.
			runtime.ReadMemStats(&memory)
			fmt.Fprintf(os.Stderr, "vitals: goroutines=%d bytes=%d\n", runtime.NumGoroutine(), memory.HeapAlloc)
		}
	}()
}
