package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows how many rows of a file were read: as a bar on a terminal, and elsewhere as
// a line every ten seconds.
type progress struct {
	out      io.Writer
	terminal bool
	rows     int
	pass     int
	done     int
	shown    time.Time
	// drawn is set while the bar is the last line of the terminal.
	drawn bool
}

const (
	barInterval  = 100 * time.Millisecond
	lineInterval = 10 * time.Second
	barWidth     = 30
)

func newProgress(out io.Writer, rows int) *progress {
	file, isFile := out.(*os.File)
	return &progress{out: out, rows: rows, terminal: isFile && term.IsTerminal(int(file.Fd()))}
}

// start begins to count the rows again: the file is read once to check it, and once to write.
func (p *progress) start() {
	p.pass++
	p.done, p.shown = 0, time.Now()
}

// step counts a row.
func (p *progress) step() {
	p.done++
	interval := lineInterval
	if p.terminal {
		interval = barInterval
	}
	if time.Since(p.shown) < interval {
		return
	}
	p.shown = time.Now()
	if !p.terminal {
		fmt.Fprintf(p.out, "%s of %d rows\n", p.text(), p.rows)
		return
	}
	filled := barWidth * min(p.done, p.rows) / max(p.rows, 1)
	fmt.Fprintf(p.out, "\r\x1b[K[%s%s] %s of %d rows", strings.Repeat("=", filled), strings.Repeat(" ", barWidth-filled), p.text(), p.rows)
	p.drawn = true
}

func (p *progress) text() string {
	if p.pass > 1 {
		return fmt.Sprintf("wrote %d", p.done)
	}
	return fmt.Sprintf("read %d", p.done)
}

// clear removes the bar, so that other lines can follow.
func (p *progress) clear() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.drawn = false
	}
}
