package main

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

func TestAnAimSaysByHowMuchItIsMissed(t *testing.T) {
	for _, c := range []struct {
		aim  aim
		want []string
	}{
		{aim{"POST", 0.4, true, 0.5, "", 2, 0.25}, []string{"POST", "≥ 0.50", "0.40", "missed by 0.10", "0.25"}},
		{aim{"POST", 0.5, true, 0.5, "", 2, 0}, []string{"POST", "≥ 0.50", "0.50", "met", ""}},
		{aim{"start", 51, false, 50, "ms", 0, 0}, []string{"start", "≤ 50 ms", "51 ms", "missed by 1 ms", ""}},
		{aim{"start", 49, false, 50, "ms", 0, 0}, []string{"start", "≤ 50 ms", "49 ms", "met", ""}},
	} {
		if got := c.aim.row(); !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestRatiosAreThoseOfAdjacentRounds(t *testing.T) {
	f := &figures{rounds: map[figureKey][]round{}}
	// The machine became slower; the ratios are 2, 4 and 3.
	for _, r := range []struct{ ours, theirs float64 }{{800, 400}, {200, 50}, {30, 10}} {
		f.add(post, 16, oursSQLite, round{perSecond: r.ours, cpu: 2 * time.Millisecond})
		f.add(post, 16, pocketBase, round{perSecond: r.theirs, cpu: time.Millisecond})
	}
	if got := f.ratio(post, 16, oursSQLite, pocketBase); got != 3 {
		t.Errorf("the ratio is %v", got)
	}
	if got := f.cpuRatio(post, 16, oursSQLite, pocketBase); got != 0.5 {
		t.Errorf("by CPU time, the ratio is %v", got)
	}
	if got := f.ratio(post, 16, oursSQLite, bare); got != 0 {
		t.Errorf("without rounds, the ratio is %v", got)
	}
}

func TestRecordsOfAnAnswerAreCounted(t *testing.T) {
	for answer, want := range map[string]int{
		`[]`: 0, `[{"id": 1}, {"id": 2}]`: 2, // ours
		`{"items": [{"id": "d1"}], "page": 1}`: 1, `{"items": []}`: 0, // PocketBase
		`{"id": 1, "name": "Rebecca Adler"}`: 1, `{"status": 404}`: 0,
	} {
		if got := countRecords([]byte(answer)); got != want {
			t.Errorf("%s: %d records instead of %d", answer, got, want)
		}
	}
}

func TestTablesAreAligned(t *testing.T) {
	var out bytes.Buffer
	table(&out, []string{"µs", "system"}, [][]string{{"1000", "ours"}})
	want := "| µs   | system |\n| ---- | ------ |\n| 1000 | ours   |\n\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}
