package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// TestSecurityNamesTestsThatExist compares docs/security.md with the tests.
func TestSecurityNamesTestsThatExist(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		tests.Write(source)
		return err
	}))
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(string(text), -1)
	assert.Greater(t, len(names), 50)
	for _, name := range names {
		assert.Contains(t, tests.String(), "\nfunc "+name[1]+"(")
	}
}

// TestTheDocumentsStateTheClockSkew compares them with the constant in the program.
func TestTheDocumentsStateTheClockSkew(t *testing.T) {
	require.Equal(t, time.Minute, domain.ClockSkew, "change the texts below along with it")
	for name, words := range map[string]string{
		"operations.md": "within one minute of each other",
		"security.md":   "up to one minute apart",
	} {
		text, err := os.ReadFile("../../docs/" + name)
		require.NoError(t, err)
		assert.Contains(t, string(text), words)
	}
}
