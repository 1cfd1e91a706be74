package console

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// textKey matches the keys of texts in templates and in code.
var textKey = regexp.MustCompile(`\bT\(?\s?"([a-z_.]+)"|"((?:nav|error)\.[a-z_.]+)"`)

func TestEveryTextExistsAndIsUsed(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range []string{"templates/*.html", "*.go"} {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range textKey.FindAllStringSubmatch(string(content), -1) {
				used[match[1]+match[2]] = true
			}
		}
	}
	for _, code := range errorCodes {
		used["error."+code], used["error."+code+".title"] = true, true
	}
	for _, rule := range domain.Policy() {
		name := strings.ReplaceAll(string(rule.Permission), ":", "_")
		used["deeds."+name] = true
		if key := "deeds_on_record." + name; english[key] != "" {
			used[key] = true
		}
	}
	delete(used, "error.") // It begins a key.
	for _, key := range slices.Sorted(maps.Keys(used)) {
		assert.NotEmpty(t, english[key], "texts/en.txt has no text %s", key)
	}
	for _, key := range slices.Sorted(maps.Keys(english)) {
		assert.True(t, used[key], "nothing uses the text %s", key)
	}
}
