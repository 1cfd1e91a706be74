package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

// dotenvFile is the variables of a .env file: as the library reads them, and as
// they are written.
//
// The library expands $NAME in values that are not in single quotes, so that a
// SECRET_KEY with a dollar sign would silently become another one.
type dotenvFile struct {
	path      string
	variables map[string]string
	asWritten map[string]string
}

// dollar stands for "$" where the library is to take it for a letter.
const dollar = "\ue024"

// value returns a variable of the file, nothing if it has none. A value that the
// library changed is bad.
func (f dotenvFile) value(name string, bad badSettings) string {
	if f.variables[name] != strings.ReplaceAll(f.asWritten[name], dollar, "$") {
		bad.add(name, "in single quotes in "+f.path+", as its value holds a $: "+name+"='...'")
	}
	return f.variables[name]
}

// readDotenv reads a .env file, which need not exist.
func readDotenv(path string, bad badSettings) dotenvFile {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return dotenvFile{}
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	variables, asWritten := parseDotenv(text), parseDotenv(bytes.ReplaceAll(text, []byte("$"), []byte(dollar)))
	if err != nil || !utf8.Valid(text) || bytes.Contains(text, []byte(dollar)) || variables == nil || asWritten == nil {
		// The library's own error quotes the line, which may hold a secret.
		bad.add(path, "a readable text file in UTF-8, with one NAME='value' a line")
		return dotenvFile{}
	}
	return dotenvFile{path, variables, asWritten}
}

// parseDotenv returns nil for what is no .env file.
func parseDotenv(text []byte) map[string]string {
	variables, err := godotenv.UnmarshalBytes(text)
	// The library takes a line without "=" for the value of no name.
	if _, nameless := variables[""]; err != nil || nameless {
		return nil
	}
	return variables
}
