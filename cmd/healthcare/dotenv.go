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

// readDotenv returns the variables of a .env file, none if it does not exist.
//
// The library expands $NAME in values that are not in single quotes, so that a
// SECRET_KEY with a dollar sign would silently become another one. Such a value
// is refused.
func readDotenv(path string, bad badSettings) map[string]string {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || path == "" {
		return map[string]string{}
	}
	// A mark for "$" that means nothing to the library and is in no text yet.
	const dollar = "\ue024"
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	variables, asWritten := parseDotenv(text), parseDotenv(bytes.ReplaceAll(text, []byte("$"), []byte(dollar)))
	if err != nil || !utf8.Valid(text) || bytes.Contains(text, []byte(dollar)) || variables == nil || asWritten == nil {
		// The library's own error quotes the line, which may hold a secret.
		bad.add(path, "a readable text file in UTF-8, with one NAME='value' a line")
		return map[string]string{}
	}
	for name, value := range variables {
		if value != strings.ReplaceAll(asWritten[name], dollar, "$") {
			bad.add(name, "in single quotes in "+path+", as its value holds a $: "+name+"='...'")
		}
	}
	return variables
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
