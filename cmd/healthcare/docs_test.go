package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// documents are the Markdown files that people read.
func documents(t *testing.T) []string {
	t.Helper()
	paths := []string{"README.md", "CHANGELOG.md", "SECURITY.md"}
	found, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, path := range found {
		paths = append(paths, "docs/"+filepath.Base(path))
	}
	return paths
}

func TestSecurityNamesTestsThatExist(t *testing.T) {
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		tests.Write(source)
		return err
	}))
	names := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(document(t, "docs/security.md"), -1)
	assert.Greater(t, len(names), 50)
	for _, name := range names {
		assert.Contains(t, tests.String(), "\nfunc "+name[1]+"(")
	}
}

// TestTheDocumentsSayHowFarClocksCanDiffer compares the documents with the program's constant.
func TestTheDocumentsSayHowFarClocksCanDiffer(t *testing.T) {
	require.Equal(t, time.Minute, domain.ClockSkew, "if it changes, change the documents")
	assert.Contains(t, document(t, "docs/operations.md"), "within one minute of each other")
	assert.Contains(t, document(t, "docs/security.md"), "up to one minute apart")
}

// TestLinksBetweenDocumentsWork follows every relative link to its file and heading.
func TestLinksBetweenDocumentsWork(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for _, from := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(document(t, from), -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			path, anchor, hasAnchor := strings.Cut(match[1], "#")
			if path = filepath.Join(filepath.Dir(from), path); strings.HasPrefix(match[1], "#") {
				path = from
			}
			assert.FileExists(t, existing(t, path), "%s links to %s", from, match[1])
			if hasAnchor {
				assert.Contains(t, anchors(document(t, path)), anchor, "%s links to %s", from, match[1])
			}
		}
	}
}

// existing returns a file of the repository at path: a folder stands for any file in it.
func existing(t *testing.T, path string) string {
	t.Helper()
	path = filepath.Join("../..", path)
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		files, err := filepath.Glob(path + "/*.go")
		require.NoError(t, err)
		require.NotEmpty(t, files, path)
		return files[0]
	}
	return path
}

// anchors returns the anchors that GitHub gives to the headings of a document.
func anchors(text string) (anchors []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		words := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		anchors = append(anchors, strings.ReplaceAll(words, " ", "-"))
	}
	return anchors
}

// TestTheOnCallTablesQuoteRealMessages holds the first column of the tables in "When
// something is wrong" to the program's texts, and the tables to every warning and error
// that the program logs.
func TestTheOnCallTablesQuoteRealMessages(t *testing.T) {
	texts, logged := programTexts(t)
	require.NotEmpty(t, logged)
	var phrases []string
	for _, row := range rows(section(t, "docs/operations.md", "When something is wrong")) {
		require.Len(t, row, 3, "%s", row)
		for _, phrase := range quotedIn(row[0]) {
			if strings.HasPrefix(phrase, "/") || strings.HasPrefix(phrase, "-") {
				continue // a path or a flag
			}
			phrases = append(phrases, phrase)
			assert.True(t, slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, phrase) }),
				"no text of the program has the phrase: %s", phrase)
		}
	}
	assert.Greater(t, len(phrases), 50)
	for _, message := range logged {
		assert.True(t, slices.ContainsFunc(phrases, func(phrase string) bool { return strings.Contains(message, phrase) }),
			"no row of the tables has the log message: %s", message)
	}
}

// programTexts returns the string constants of the program's source, and those among them
// that it logs as a warning or an error.
func programTexts(t *testing.T) (texts, logged []string) {
	t.Helper()
	forTests := []string{"portstest", "pgtest", "sqlitetest", "apitest", "clinictest", "testdata", "client", "bench"}
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains(forTests, entry.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			switch node := node.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
					texts = append(texts, text)
				}
			case *ast.CallExpr:
				if method, ok := node.Fun.(*ast.SelectorExpr); ok && len(node.Args) > 0 && (method.Sel.Name == "Warn" || method.Sel.Name == "Error") {
					if literal, ok := node.Args[0].(*ast.BasicLit); ok {
						text, err := strconv.Unquote(literal.Value)
						require.NoError(t, err)
						logged = append(logged, text)
					}
				}
			}
			return true
		})
		return nil
	}))
	return texts, logged
}

// TestTheDesignNamesCodeThatExists looks up the files and identifiers of docs/design.md,
// except for those of the two recipes' examples.
func TestTheDesignNamesCodeThatExists(t *testing.T) {
	words, files := map[string]bool{}, []string{}
	require.NoError(t, filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "docs" || entry.Name() == "node_modules"):
			return fs.SkipDir
		case entry.IsDir():
			files = append(files, filepath.ToSlash(path))
			return nil
		}
		files = append(files, filepath.ToSlash(path))
		if !slices.Contains([]string{".go", ".sql", ".yaml"}, filepath.Ext(path)) {
			return nil
		}
		source, err := os.ReadFile(path)
		isBreak := func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
		for word := range strings.FieldsFuncSeq(string(source), isBreak) {
			words[word] = true
		}
		return err
	}))
	isPath := regexp.MustCompile(`^[\w./]+(/|/\w+|\.go|\.yaml)$`)
	isName := regexp.MustCompile(`^[A-Za-z_]\w*(\.\w+)*$`)
	text := regexp.MustCompile("(?s)```.*?```").ReplaceAllString(document(t, "docs/design.md"), "")
	names := quotedIn(text)
	assert.Greater(t, len(names), 100)
	for _, name := range names {
		switch {
		case strings.Contains(name, "allerg") || name == "occupation":
		case isPath.MatchString(name):
			assert.True(t, slices.ContainsFunc(files, func(file string) bool { return strings.HasSuffix(file, "/"+name) }), "no file: %s", name)
		case isName.MatchString(name):
			for word := range strings.SplitSeq(name, ".") {
				assert.True(t, words[word], "no identifier %s: %s", word, name)
			}
		}
	}
}
