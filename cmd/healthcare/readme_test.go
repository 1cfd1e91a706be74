package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// document returns the text of a Markdown file of the repository.
func document(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", path))
	require.NoError(t, err)
	return string(text)
}

// section returns the text below a level-two heading of a document.
func section(t *testing.T, path, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(document(t, path), "\n## "+heading+"\n")
	require.True(t, found, heading)
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// newShell returns a function that runs a script and returns its output, in a folder that
// holds bin/healthcare, as after make build.
func newShell(t *testing.T, env []string) func(script string) string {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "bin"), 0o700))
	require.NoError(t, os.Symlink(string(cheap), filepath.Join(folder, "bin", "healthcare")))
	return func(script string) string {
		cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
		cmd.Dir = folder
		cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}, env...)
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
}

// atURL returns a script of the documents that uses the service at url.
func atURL(t *testing.T, script, url string) string {
	t.Helper()
	const api = "API=http://127.0.0.1:8000"
	require.Contains(t, script, api)
	return strings.Replace(script, api, "API="+url, 1)
}

// TestTheReadmesSessionWorks runs the README's commands unchanged, except for the port,
// and restarts the service between the two parts.
func TestTheReadmesSessionWorks(t *testing.T) {
	blocks := shellBlock.FindAllStringSubmatch(section(t, "README.md", "A session with curl"), -1)
	require.Len(t, blocks, 2, "one part before the restart and one after it")
	overEachEngine(t, func(t *testing.T, env []string) {
		variables := filepath.Join(t.TempDir(), "variables")
		shell := newShell(t, env)
		service := serve(t, env)
		out := shell(atURL(t, blocks[0][1], service.url) + "\ndeclare -p AUTH JSON > " + variables)
		assert.Contains(t, out, `"assigned_at"`)
		service.stop()

		service = serve(t, env)
		out = shell(". " + variables + "\nAPI=" + service.url + "\n" + blocks[1][1])
		assert.Contains(t, out, `"name":"Gregory House"`)
		assert.Contains(t, out, `"assigned_doctors":[1]`)
		assert.NotContains(t, out, "salary", "the session reads as Staff")
		service.stop()
		assert.NotContains(t, service.log.String(), "House")
		assert.NotContains(t, service.log.String(), "@")
	})
}
