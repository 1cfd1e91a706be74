package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// aim is a figure that is wanted.
type aim struct {
	what     string
	figure   float64
	atLeast  bool // or else at most
	wanted   float64
	unit     string
	decimals int
	// cpu is the figure as it would be if only CPU time counted, or 0 if that has no meaning.
	cpu float64
}

// row returns the cells of the table of aims.
func (a aim) row() []string {
	sign, missedBy := "≤", a.figure-a.wanted
	if a.atLeast {
		sign, missedBy = "≥", a.wanted-a.figure
	}
	verdict := "met"
	if missedBy > 0 {
		verdict = "missed by " + a.number(missedBy)
	}
	cpu := ""
	if a.cpu > 0 {
		cpu = a.number(a.cpu)
	}
	return []string{a.what, sign + " " + a.number(a.wanted), a.number(a.figure), verdict, cpu}
}

func (a aim) number(n float64) string {
	return strings.TrimSpace(fmt.Sprintf("%.*f %s", a.decimals, n, a.unit))
}

// aims returns the aims whose figures were measured.
func aims(o options, starts map[string]startFigures, f *figures) (all []aim) {
	ratio := func(operation, system, to string, wanted float64) {
		for _, connections := range o.connections {
			if figure := f.ratio(operation, connections, system, to); figure > 0 {
				what := fmt.Sprintf("%s, %d connections: %s / %s", operation, connections, system, to)
				all = append(all, aim{what, figure, true, wanted, "", 2, f.cpuRatio(operation, connections, system, to)})
			}
		}
	}
	for _, operation := range operations {
		ratio(operation, oursSQLite, pocketBase, 1)
		ratio(operation, oursPostgres, pocketBase, 1)
		switch operation {
		case getOne:
			ratio(operation, oursPostgres, bare, 0.65)
		case post:
			ratio(operation, oursPostgres, bare, 0.5)
		}
	}
	for _, operation := range []string{patch, post} {
		for _, system := range []string{oursSQLite, oursPostgres} {
			rounds := f.of(operation, 64, system)
			if len(rounds) == 0 {
				continue
			}
			spread := float64(medianOf(rounds, p99)) / float64(medianOf(rounds, p50))
			all = append(all, aim{fmt.Sprintf("%s, 64 connections: p99 / median, %s", operation, system), spread, false, 3, "", 1, 0})
		}
	}
	for _, system := range []string{oursSQLite, oursPostgres} {
		all = append(
			all,
			aim{"first answer after the start, " + system, milliseconds(starts[system].firstAnswer), false, 50, "ms", 0, 0},
			aim{"resident memory when idle, " + system, starts[system].idleMiB, false, 40, "MiB", 0, 0},
		)
	}
	return all
}

// report prints Markdown.
func report(ctx context.Context, out io.Writer, o options, server *postgres, starts map[string]startFigures, f *figures) error {
	machine, err := describeMachine(ctx, server)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n\nEach figure is the median of %d rounds of %v, ratios are medians of the ratios of adjacent rounds.\n", machine, o.rounds, o.duration)
	fmt.Fprintf(out, "PocketBase keeps no audit trail and no versions, and commits with synchronous=NORMAL: a power cut can undo what it has acknowledged. Healthcare commits with synchronous=FULL. The bare server has no users, no policy, no audit trail and no versions.\n\n")

	var rows [][]string
	for _, a := range aims(o, starts, f) {
		rows = append(rows, a.row())
	}
	table(out, []string{"aim", "wanted", "measured", "result", "by CPU time"}, rows)

	rows = nil
	for _, operation := range operations {
		for _, connections := range o.connections {
			for _, system := range []string{oursSQLite, oursPostgres, pocketBase, bare, statements} {
				if rounds := f.of(operation, connections, system); rounds != nil {
					rows = append(rows, append([]string{operation, fmt.Sprint(connections), system}, roundCells(rounds)...))
				}
			}
		}
	}
	table(out, []string{"operation", "connections", "system", "requests/s", "slowest to fastest round", "p50 ms", "p99 ms", "CPU µs/request"}, rows)

	rows = nil
	for _, system := range []string{oursSQLite, oursPostgres, bare} {
		s := starts[system]
		rows = append(rows, []string{system, fmt.Sprintf("%.0f", milliseconds(s.firstAnswer)), fmt.Sprintf("%.0f", s.idleMiB)})
	}
	table(out, []string{"system", "first answer after ms", "idle MiB"}, rows)
	return nil
}

func roundCells(rounds []round) []string {
	cells := []string{fmt.Sprintf("%.0f", medianOf(rounds, perSecond))}
	least := slices.MinFunc(rounds, func(a, b round) int { return int(a.perSecond - b.perSecond) })
	most := slices.MaxFunc(rounds, func(a, b round) int { return int(a.perSecond - b.perSecond) })
	cells = append(cells, fmt.Sprintf("%.0f to %.0f", least.perSecond, most.perSecond))
	if rounds[0].p50 == 0 {
		return append(cells, "", "", "")
	}
	return append(
		cells,
		fmt.Sprintf("%.1f", milliseconds(medianOf(rounds, p50))),
		fmt.Sprintf("%.1f", milliseconds(medianOf(rounds, p99))),
		fmt.Sprint(medianOf(rounds, cpu).Microseconds()),
	)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// table prints a table of Markdown whose columns are aligned, so that it can be read in a
// terminal, too.
func table(out io.Writer, head []string, rows [][]string) {
	widths := make([]int, len(head))
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	line := func(row []string, fill string) {
		for i, cell := range row {
			fmt.Fprintf(out, "| %s%s ", cell, strings.Repeat(fill, widths[i]-len([]rune(cell))))
		}
		fmt.Fprintln(out, "|")
	}
	line(head, " ")
	line(make([]string, len(head)), "-")
	for _, row := range rows {
		line(row, " ")
	}
	fmt.Fprintln(out)
}
