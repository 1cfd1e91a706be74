package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// dotenvVariable is a variable as a .env file sets it.
type dotenvVariable struct {
	value string
	line  int
	// hasDollar is for a value outside single quotes in which other programs would
	// replace $NAME.
	hasDollar bool
}

// dotenvFile is the variables of a .env file by their names.
type dotenvFile struct {
	path      string
	variables map[string]dotenvVariable
}

// at names a line of the file.
func (f dotenvFile) at(line int) string { return fmt.Sprintf("%s, line %d", f.path, line) }

// value returns a variable of the file, nothing if it has none. A value that another
// program would read as another one is bad.
func (f dotenvFile) value(name string, bad badSettings) string {
	variable := f.variables[name]
	if variable.hasDollar {
		bad.add(name, "in single quotes in "+f.at(variable.line)+", as its value holds a $: "+name+"='...'")
	}
	return variable.value
}

// checkNames refuses names that look like misspelt settings. Other names can stay: Docker
// Compose and other programs read the same file.
func (f dotenvFile) checkNames(isSet func(name string) bool, bad badSettings) {
	for _, name := range slices.Sorted(maps.Keys(f.variables)) {
		if meant := misspelt(name, isSet); meant != "" {
			bad.add(name+" ("+f.at(f.variables[name].line)+")", "written "+meant)
		}
	}
}

// warnings tells of a file with secrets that every account of the machine can read.
func (f dotenvFile) warnings() []warning {
	info, err := os.Stat(f.path)
	if err != nil || info.Mode().Perm()&0o007 == 0 {
		return nil
	}
	for field := range settings() {
		_, isSet := f.variables[field.name]
		if isSet && (field.kind == secretType || field.kind == secretListType) {
			return []warning{{"every account of this machine can read or change the file with the secrets: chmod 600 it", []any{"file", f.path}}}
		}
	}
	return nil
}

// readDotenv reads a .env file, which need not exist, with the quoting and the comments
// of Docker Compose. It expands nothing. An error names the line and shows nothing of
// it, as that may be a secret.
func readDotenv(path string, bad badSettings) dotenvFile {
	file := dotenvFile{path: path, variables: map[string]dotenvVariable{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return file
	}
	if err != nil || !utf8.Valid(text) {
		bad.add(path, "a readable text file in UTF-8, with one NAME='value' a line")
		return file
	}
	rest, line := strings.TrimPrefix(string(text), "\ufeff"), 1
	for rest != "" {
		before := rest
		name, variable, after, ok := cutDotenv(rest)
		if !ok {
			bad.add(file.at(line)+",", "of the form NAME='value', with nothing but a comment after the closing quote")
			return file
		}
		if name != "" {
			variable.line = line
			file.variables[name] = variable
		}
		rest = after
		line += strings.Count(before[:len(before)-len(after)], "\n")
	}
	return file
}

// dotenvName is the name at the beginning of a line, and what stands between it and
// the value. A name alone sets nothing; Compose looks for it in the environment.
var dotenvName = regexp.MustCompile(`^[ \t]*(?:export[ \t]+)?([\pL\pN_.\-\[\]]+)[ \t]*(?:[=:]|\r?\n|$)`)

// dotenvSkipped is a line without a variable.
var dotenvSkipped = regexp.MustCompile(`^[ \t\r]*(?:#[^\n]*)?(?:\n|$)`)

// cutDotenv returns the variable that text begins with, and what comes after its line.
// The name is empty for a line that sets nothing.
func cutDotenv(text string) (name string, variable dotenvVariable, after string, ok bool) {
	if skipped := dotenvSkipped.FindString(text); skipped != "" {
		return "", variable, text[len(skipped):], true
	}
	found := dotenvName.FindStringSubmatch(text)
	if found == nil {
		return "", variable, "", false
	}
	after = text[len(found[0]):]
	if !strings.HasSuffix(found[0], "=") && !strings.HasSuffix(found[0], ":") {
		return "", variable, after, true
	}
	name = found[1]
	if value := strings.TrimLeft(after, " \t"); value != "" && strings.ContainsRune(`'"`, rune(value[0])) {
		variable.value, after, ok = cutQuoted(value)
		variable.hasDollar = value[0] == '"' && dollar.MatchString(variable.value)
		return name, variable, after, ok
	}
	value, after, _ := strings.Cut(after, "\n")
	if comment := dotenvComment.FindStringIndex(value); comment != nil {
		value = value[:comment[0]]
	}
	variable.value = strings.TrimSpace(value)
	variable.hasDollar = dollar.MatchString(variable.value)
	return name, variable, after, true
}

// dotenvComment begins a comment after a value without quotes.
var dotenvComment = regexp.MustCompile(`[ \t]#`)

// dollar begins what shells and Docker Compose expand.
var dollar = regexp.MustCompile(`\$[\pL\pN_{($]`)

// doubleQuoted are the escapes in double quotes; others stay as they are.
var doubleQuoted = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '"': '"'}

// cutQuoted returns the value in quotes that text begins with, and what comes after
// its line. In single quotes only the quote itself can be escaped.
func cutQuoted(text string) (value, after string, ok bool) {
	quote := text[0]
	var read strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			rest := dotenvSkipped.FindString(text[i+1:])
			after = text[i+1+len(rest):]
			return read.String(), after, rest != "" || after == ""
		case c == '\\' && i+1 < len(text):
			i++
			if escaped, known := doubleQuoted[text[i]]; known && quote == '"' {
				read.WriteByte(escaped)
			} else if text[i] == quote {
				read.WriteByte(quote)
			} else {
				read.WriteString(text[i-1 : i+1])
			}
		default:
			read.WriteByte(c)
		}
	}
	return "", "", false
}
