package main

import (
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

const (
	// gcPercent replaces Go's 100: the heap can be three times as large as what is in use, not
	// twice, before garbage is collected. It saves a tenth of the CPU time of requests. A higher
	// one saves little more.
	gcPercent = 200
	// enoughMemory is the memory that docs/operations.md asks for. It counts where no container or
	// unit (cgroup) limits the memory.
	enoughMemory = 512 << 20
	// memoryShare is the share of the memory that Go can use, in percent. The rest is for what the
	// Go runtime does not count, such as the files that it maps.
	memoryShare = 90
)

// tuneMemory sets how the Go runtime collects garbage, as far as GOGC and GOMEMLIMIT do not, and
// logs what is in force. The runtime itself has read the two from the environment.
//
// The limit is soft: near it, garbage is collected more often, and a heap in use that is larger
// takes up to half of the CPU time.
func tuneMemory(environment []string, log *slog.Logger) {
	isSet := func(name string) bool {
		return slices.ContainsFunc(environment, func(pair string) bool {
			return strings.HasPrefix(pair, name+"=") && pair != name+"="
		})
	}
	if !isSet("GOGC") {
		debug.SetGCPercent(gcPercent)
	}
	if !isSet("GOMEMLIMIT") {
		memory, err := memlimit.FromCgroup()
		if err != nil || memory > math.MaxInt64/100 { // An error also means that nothing is limited.
			memory = enoughMemory
		}
		debug.SetMemoryLimit(int64(memory) / 100 * memoryShare)
	}
	inForce := []metrics.Sample{{Name: "/gc/gogc:percent"}, {Name: "/gc/gomemlimit:bytes"}}
	metrics.Read(inForce)
	percent, limit := inForce[0].Value.Uint64(), inForce[1].Value.Uint64()
	attrs := []any{"gogc", "off"}
	if percent < math.MaxInt32 {
		attrs = []any{"gogc", percent}
	}
	if limit == math.MaxInt64 {
		attrs = append(attrs, "gomemlimit", "off")
	} else {
		attrs = append(attrs, "gomemlimit", fmt.Sprintf("%dMiB", limit>>20))
	}
	log.Info("garbage collection", attrs...)
}
