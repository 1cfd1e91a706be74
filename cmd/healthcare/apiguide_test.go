package main_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const apiGuide = "docs/api.md"

// shownOutput matches a block of commands and, behind it, the output that the document shows.
var shownOutput = regexp.MustCompile("(?s)```sh\n(.*?)```(?:\n\n```text\n(.*?)```)?")

// TestTheSessionOfTheAPIGuideWorks runs the commands of docs/api.md as one script, and compares
// their output with what the document shows. "..." stands for any text.
func TestTheSessionOfTheAPIGuideWorks(t *testing.T) {
	blocks := shownOutput.FindAllStringSubmatch(document(t, apiGuide), -1)
	require.Greater(t, len(blocks), 5)
	const end = "\n(end of the block)\n"
	var script strings.Builder
	for _, block := range blocks {
		script.WriteString(block[1] + "printf '" + strings.ReplaceAll(end, "\n", `\n`) + "'\n")
	}
	overEachEngine(t, func(t *testing.T, env []string) {
		service := serve(t, env)
		outputs := strings.Split(newShell(t, env)(atURL(t, script.String(), service.url)), end)
		require.Len(t, outputs, len(blocks)+1)
		for i, block := range blocks {
			if shown := block[2]; shown != "" {
				pattern := strings.ReplaceAll(regexp.QuoteMeta(oneLine(shown)), `\.\.\.`, ".*")
				assert.Regexp(t, "^"+pattern+"$", oneLine(outputs[i]), block[1])
			}
		}
		service.stop()
		assert.NotContains(t, service.log.String(), "Lovelace")
		assert.NotContains(t, service.log.String(), "level=ERROR")
	})
}

// oneLine removes the line breaks: an answer that curl prints has none at its end.
func oneLine(text string) string { return strings.NewReplacer("\r", "", "\n", "").Replace(text) }

// The programs in docs/api.md are excerpts of ones that are run: the Go client's example by
// its tests, and the TypeScript client by make judge.
func TestTheProgramsOfTheAPIGuideAreExcerptsOfProgramsThatAreRun(t *testing.T) {
	for language, path := range map[string]string{"go": "adapters/httpapi/client/example_test.go", "ts": "tools/judge/client.ts"} {
		blocks := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(document(t, apiGuide), -1)
		require.Len(t, blocks, 1, language)
		var lines []string
		for line := range strings.Lines(document(t, path)) {
			lines = append(lines, strings.TrimSpace(line))
		}
		for line := range strings.Lines(blocks[0][1]) {
			assert.Contains(t, lines, strings.TrimSpace(line), path)
		}
	}
}
