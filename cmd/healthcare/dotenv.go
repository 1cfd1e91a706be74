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

// dotenvVariable is a variable that a .env file sets.
type dotenvVariable struct {
	value string
	line  int
	// expands is whether other programs that read the file would expand a $ in the value:
	// it has one that begins a name and is not in single quotes.
	expands bool
}

// dotenvFile is the content of a .env file.
type dotenvFile struct {
	path      string
	variables map[string]dotenvVariable
}

// position returns the path and the line for an error.
func (f dotenvFile) position(line int) string { return fmt.Sprintf("%s, line %d", f.path, line) }

// value returns the value of a variable, "" if the file does not set it. It is an error if
// other programs would expand the value.
func (f dotenvFile) value(name string, bad badSettings) string {
	variable := f.variables[name]
	if variable.expands {
		bad.add(name, "in single quotes in "+f.position(variable.line)+", because its value contains a $: "+name+"='...'")
	}
	return variable.value
}

// checkNames adds an error for each name that looks like a misspelt setting. It ignores
// other names: Docker Compose and other programs read the same file.
func (f dotenvFile) checkNames(isSet func(name string) bool, bad badSettings) {
	for _, name := range slices.Sorted(maps.Keys(f.variables)) {
		if similar := similarSetting(name, isSet); similar != "" {
			bad.add(name+" ("+f.position(f.variables[name].line)+")", "written "+similar)
		}
	}
}

// warnings warns of a file with secrets that every account of the machine can read.
func (f dotenvFile) warnings() []warning {
	if !hasMode(f.path, 0o007) {
		return nil
	}
	for setting := range settings() {
		_, isSet := f.variables[setting.name]
		if isSet && (setting.kind == secretType || setting.kind == secretListType) {
			return []warning{{"every account of this machine can read or change the file with the secrets: chmod 600 it", []any{"file", f.path}}}
		}
	}
	return nil
}

// readDotenv reads a .env file, which can be missing. Quoting and comments are those of
// Docker Compose, but nothing is expanded: the libraries for this format expand $NAME in
// values without quotes, and a random key can contain one. An error names the line and
// does not show its text, which can be a secret.
func readDotenv(path string, bad badSettings) dotenvFile {
	file := dotenvFile{path: path, variables: map[string]dotenvVariable{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return file
	}
	if err != nil || !utf8.Valid(text) {
		bad.add(path, "a readable text file in UTF-8, with one NAME='value' per line")
		return file
	}
	rest, line := strings.TrimPrefix(string(text), "\ufeff"), 1
	for rest != "" {
		before := rest
		name, variable, after, ok := cutDotenv(rest)
		if !ok {
			bad.add(file.position(line)+",", "of the form NAME='value', with nothing but a comment after the closing quote")
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

// dotenvName matches the name of a variable and its "=" or ":". A name without either sets
// nothing; Compose takes its value from the environment.
var dotenvName = regexp.MustCompile(`^[ \t]*(?:export[ \t]+)?([\pL\pN_.\-\[\]]+)[ \t]*(?:[=:]|\r?\n|$)`)

// dotenvNoVariable matches the rest of a line that is blank or a comment.
var dotenvNoVariable = regexp.MustCompile(`^[ \t\r]*(?:#[^\n]*)?(?:\n|$)`)

// cutDotenv parses the variable at the beginning of text and returns the text after its
// line. The name is empty if the line sets nothing. It returns false on a syntax error.
func cutDotenv(text string) (name string, variable dotenvVariable, after string, ok bool) {
	if skipped := dotenvNoVariable.FindString(text); skipped != "" {
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
		variable.expands = value[0] == '"' && expansion.MatchString(variable.value)
		return name, variable, after, ok
	}
	value, after, _ := strings.Cut(after, "\n")
	if comment := dotenvComment.FindStringIndex(value); comment != nil {
		value = value[:comment[0]]
	}
	variable.value = strings.TrimSpace(value)
	variable.expands = expansion.MatchString(variable.value)
	return name, variable, after, true
}

// dotenvComment matches the beginning of a comment after a value without quotes.
var dotenvComment = regexp.MustCompile(`[ \t]#`)

// expansion matches the beginning of what shells and Docker Compose expand.
var expansion = regexp.MustCompile(`\$[\pL\pN_{($]`)

// escapesInDoubleQuotes maps the letter of each escape sequence to its meaning. Other
// sequences stay as they are.
var escapesInDoubleQuotes = map[byte]byte{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '"': '"'}

// cutQuoted parses the quoted value at the beginning of text and returns the text after
// its line. In single quotes only the quote itself can be escaped. It returns false if
// the closing quote is missing or is followed by anything but a comment.
func cutQuoted(text string) (value, after string, ok bool) {
	quote := text[0]
	var unquoted strings.Builder
	for i := 1; i < len(text); i++ {
		switch c := text[i]; {
		case c == quote:
			rest := dotenvNoVariable.FindString(text[i+1:])
			after = text[i+1+len(rest):]
			return unquoted.String(), after, rest != "" || after == ""
		case c == '\\' && i+1 < len(text):
			i++
			if escaped, known := escapesInDoubleQuotes[text[i]]; known && quote == '"' {
				unquoted.WriteByte(escaped)
			} else if text[i] == quote {
				unquoted.WriteByte(quote)
			} else {
				unquoted.WriteString(text[i-1 : i+1])
			}
		default:
			unquoted.WriteByte(c)
		}
	}
	return "", "", false
}
