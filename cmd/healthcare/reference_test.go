package main_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
	"example.com/healthcare/domain"
)

const reference = "docs/reference.md"

var quoted = regexp.MustCompile("`([^`]+)`")

// quotedIn returns the texts in backticks.
func quotedIn(text string) (texts []string) {
	for _, match := range quoted.FindAllStringSubmatch(text, -1) {
		texts = append(texts, match[1])
	}
	return texts
}

// rows returns the cells of each row of the tables in text, without the headings.
func rows(text string) (rows [][]string) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " |")
		switch {
		case !strings.HasPrefix(line, "|"):
		case strings.HasPrefix(line, "|---"):
			rows = rows[:len(rows)-1]
		default:
			rows = append(rows, cells)
		}
	}
	return rows
}

func TestTheReferenceListsEveryPermission(t *testing.T) {
	table := section(t, reference, "Permissions")
	for _, rule := range domain.Policy() {
		row := "| `" + string(rule.Permission) + "` |"
		for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator} {
			if slices.Contains(rule.Roles, role) {
				row += " yes"
			}
			row += " |"
		}
		assert.Contains(t, table, row+" "+rule.Description+" |\n")
	}
	assert.Len(t, rows(table), len(domain.Policy()), "no other permission")
}

func TestTheReferenceListsEverySettingWithItsDefault(t *testing.T) {
	source, err := os.ReadFile("config.go")
	require.NoError(t, err)
	table := section(t, reference, "Settings")
	names := regexp.MustCompile("env:\"([A-Z_]+)\"(?: envDefault:\"([^\"]*)\")?").FindAllStringSubmatch(string(source), -1)
	require.NotEmpty(t, names)
	var known []string
	for _, name := range names {
		row := regexp.MustCompile("(?m)^\\|[^|]*`" + name[1] + "`[^|]*\\|([^|]*)\\|").FindStringSubmatch(table)
		require.NotNil(t, row, name[1])
		if name[2] != "" {
			assert.Contains(t, row[1], "`"+name[2]+"`", "the default of %s", name[1])
		}
		known = append(known, name[1])
	}
	for _, row := range rows(table) {
		assert.Subset(t, known, quotedIn(row[0]), "no other setting")
	}
}

func TestTheReferenceListsEveryEndpoint(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromFile("../../adapters/httpapi/openapi.yaml")
	require.NoError(t, err)
	var want, got []string
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	var paths []string
	for _, row := range rows(section(t, reference, "Endpoints")) {
		if named := quotedIn(row[0]); len(named) > 0 { // A row without a path continues the one before.
			paths = nil
			for _, path := range named {
				paths = append(paths, alternatives(path)...)
			}
		}
		for _, method := range regexp.MustCompile(`\b(GET|POST|PUT|PATCH|DELETE)\b`).FindAllString(row[1], -1) {
			for _, path := range paths {
				got = append(got, method+" "+path)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	assert.Equal(t, want, slices.Compact(got))
}

// alternatives returns the paths that a path with {a,b} stands for.
func alternatives(path string) (paths []string) {
	list := regexp.MustCompile(`{([a-z]+(?:,[a-z]+)+)}`).FindStringSubmatch(path)
	if list == nil {
		return []string{path}
	}
	for name := range strings.SplitSeq(list[1], ",") {
		paths = append(paths, strings.Replace(path, list[0], name, 1))
	}
	return paths
}

func TestTheReferenceListsEveryCommand(t *testing.T) {
	code, help, stderr := healthcare.Run(t.Context(), nil, "--help")
	require.Zero(t, code, stderr)
	_, help, found := strings.Cut(help, "Commands:\n")
	require.True(t, found)
	var want, got []string
	for _, command := range regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)?)(?: [\[<-].*)?$`).FindAllStringSubmatch(help, -1) {
		want = append(want, command[1])
	}
	for _, row := range rows(section(t, reference, "Commands")) {
		got = append(got, quotedIn(row[0])...)
	}
	assert.ElementsMatch(t, want, got)
}
