package check

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// parseDockerfile returns the stages of the Dockerfile, and fails the test for each warning.
func parseDockerfile(t *testing.T) []instructions.Stage {
	t.Helper()
	file, err := os.Open("../Dockerfile")
	require.NoError(t, err)
	defer file.Close()
	parsed, err := parser.Parse(file)
	require.NoError(t, err)
	assert.Empty(t, parsed.Warnings)
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{
		Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("%s: %s", rule, message) },
	}))
	require.NoError(t, err)
	return stages
}

func TestTheImageHoldsTheProgramOnlyAndRunsItWithoutRights(t *testing.T) {
	stages := parseDockerfile(t)
	assert.Regexp(t, `^golang:\d+\.\d+\.\d+-`, stages[0].BaseName, "pinned")
	image := stages[len(stages)-1]
	assert.Equal(t, "scratch", image.BaseName)
	var user string
	var health *instructions.HealthCheckCommand
	for _, command := range image.Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			user = command.User
		case *instructions.HealthCheckCommand:
			health = command
		case *instructions.RunCommand:
			t.Error("an image from scratch has no shell to run a command")
		}
	}
	assert.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, user, "a number, because the image has no /etc/passwd")
	require.NotNil(t, health)
	assert.Equal(t, []string{"CMD", "/healthcare", "health"}, health.Health.Test)
}

// TestTheBuildGetsTheSourcesOnly copies what the build would get, and lets Go list the packages of the program.
func TestTheBuildGetsTheSourcesOnly(t *testing.T) {
	file, err := os.Open("../Dockerfile.dockerignore")
	require.NoError(t, err)
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	require.NoError(t, err)
	ignored, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	for _, secret := range []string{".env", ".git/config", "data/healthcare.db", "deploy/compose/secrets/app.env", "patients.csv"} {
		matches, err := ignored.MatchesOrParentMatches(secret)
		require.NoError(t, err)
		assert.True(t, matches, secret)
	}

	tracked, err := exec.Command("git", "-C", "../..", "ls-files", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	folder := t.TempDir()
	for path := range strings.FieldsSeq(string(tracked)) {
		matches, err := ignored.MatchesOrParentMatches(path)
		require.NoError(t, err)
		if matches {
			continue
		}
		content, err := os.ReadFile(filepath.Join("../..", path))
		if os.IsNotExist(err) {
			continue // It was removed since the last commit.
		}
		require.NoError(t, err)
		to := filepath.Join(folder, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o700))
		require.NoError(t, os.WriteFile(to, content, 0o600))
	}
	list := exec.Command("go", "list", "-deps", "./cmd/healthcare")
	list.Dir = folder
	said, err := list.CombinedOutput()
	require.NoError(t, err, "%s", said)
	_, err = fs.Stat(os.DirFS(folder), "Makefile")
	require.NoError(t, err)
}
