package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	return string(text)
}

// section returns the text under a heading of the README.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(readme(t), "\n## "+heading+"\n")
	require.True(t, found, heading)
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// TestTheReadmesSessionWorks runs the commands of the README unchanged except for
// the port, and restarts the service between the two parts.
func TestTheReadmesSessionWorks(t *testing.T) {
	blocks := shellBlock.FindAllStringSubmatch(section(t, "A session with curl"), -1)
	require.Len(t, blocks, 2, "one part before the restart, and one after it")
	folder := t.TempDir() // with bin/healthcare in it, as make leaves it
	require.NoError(t, os.Mkdir(filepath.Join(folder, "bin"), 0o700))
	require.NoError(t, os.Symlink(string(cheap), filepath.Join(folder, "bin", "healthcare")))
	overEachEngine(t, func(t *testing.T, env []string) {
		variables := filepath.Join(t.TempDir(), "variables")
		shell := func(url, script string) string {
			cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
			cmd.Dir = folder
			cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + folder}, env...)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			return string(out)
		}
		const api = "API=http://127.0.0.1:8000"
		require.Contains(t, blocks[0][1], api)

		service := serve(t, env)
		out := shell(service.url, strings.Replace(blocks[0][1], api, "API="+service.url, 1)+"\ndeclare -p AUTH JSON > "+variables)
		assert.Contains(t, out, `"assigned_at"`)
		service.stop()

		service = serve(t, env)
		out = shell(service.url, ". "+variables+"\nAPI="+service.url+"\n"+blocks[1][1])
		assert.Contains(t, out, `"name":"Gregory House"`)
		assert.Contains(t, out, `"assigned_doctors":[1]`)
		assert.NotContains(t, out, "salary", "it is asked for as Staff")
		service.stop()
		assert.NotContains(t, service.log.String(), "House")
		assert.NotContains(t, service.log.String(), "@")
	})
}

func TestTheReadmesTableIsThePolicy(t *testing.T) {
	table := section(t, "Roles and permissions")
	for _, rule := range domain.Policy() {
		row := "| `" + string(rule.Permission) + "` |"
		for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin} {
			if slices.Contains(rule.Roles, role) {
				row += " yes"
			}
			row += " |"
		}
		assert.Contains(t, table, row+" "+rule.Description+" |\n")
	}
	assert.Equal(t, len(domain.Policy()), strings.Count(table, "\n| `"), "no other permission")
}

func TestTheReadmeNamesEverySetting(t *testing.T) {
	source, err := os.ReadFile("config.go")
	require.NoError(t, err)
	settings := section(t, "Configuration")
	names := regexp.MustCompile("env:\"([A-Z_]+)\"(?: envDefault:\"([^\"]*)\")?").FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, names)
	for _, name := range names {
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + name[1] + "`[^|]*\\|([^|]*)\\|").FindStringSubmatch(settings)
		require.NotNil(t, row, name[1])
		if name[2] != "" {
			assert.Contains(t, row[1], "`"+name[2]+"`", "the default of %s", name[1])
		}
	}
}
