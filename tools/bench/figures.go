package main

import (
	"cmp"
	"slices"
	"time"
)

// figures holds all rounds.
type figures struct{ rounds map[figureKey][]round }

type figureKey struct {
	operation   string
	connections int
	system      string
}

func (f *figures) add(operation string, connections int, system string, r round) {
	key := figureKey{operation, connections, system}
	f.rounds[key] = append(f.rounds[key], r)
}

func (f *figures) of(operation string, connections int, system string) []round {
	return f.rounds[figureKey{operation, connections, system}]
}

// ratio returns the median of the ratios of the rounds that two systems made one after the
// other. It is 0 if one of them was not measured.
func (f *figures) ratio(operation string, connections int, system, to string) float64 {
	a, b := f.of(operation, connections, system), f.of(operation, connections, to)
	var ratios []float64
	for n := range min(len(a), len(b)) {
		if b[n].perSecond > 0 {
			ratios = append(ratios, a[n].perSecond/b[n].perSecond)
		}
	}
	return median(ratios)
}

// cpuRatio is ratio for the requests for each second of CPU time. Other work on the machine
// changes it less than ratio.
func (f *figures) cpuRatio(operation string, connections int, system, to string) float64 {
	return float64(medianOf(f.of(operation, connections, to), cpu)) / float64(medianOf(f.of(operation, connections, system), cpu))
}

// medianOf returns the median of one figure of the rounds, or 0 if there are none.
func medianOf[T cmp.Ordered](rounds []round, figure func(round) T) T {
	var all []T
	for _, r := range rounds {
		all = append(all, figure(r))
	}
	return median(all)
}

func perSecond(r round) float64 { return r.perSecond }
func p50(r round) time.Duration { return r.p50 }
func p99(r round) time.Duration { return r.p99 }
func cpu(r round) time.Duration { return r.cpu }

// median returns the median of an odd number of values, the upper one of the two in the middle
// of an even number, and 0 of none.
func median[T cmp.Ordered](values []T) (m T) {
	if len(values) == 0 {
		return m
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
