package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/joho/godotenv"
)

// readDotenv returns the variables of a .env file, none if it does not exist.
//
// The library expands $NAME in values that are not in single quotes, so that a
// SECRET_KEY with a dollar sign would silently become another one. Such a line
// is refused.
func readDotenv(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	variables, err := godotenv.UnmarshalBytes(text)
	if err != nil {
		// The library's own error quotes the line, which may hold a secret.
		return nil, fmt.Errorf("%s is not a valid .env file: write one NAME='value' a line", path)
	}
	var errs []error
	for line := range strings.Lines(string(text)) {
		if name := expandingLine.FindStringSubmatch(line); name != nil {
			errs = append(errs, fmt.Errorf("%s: the value of %s holds a $, put it in single quotes: %s='...'", path, name[1], name[1]))
		}
	}
	return variables, errors.Join(errs...)
}

var expandingLine = regexp.MustCompile(`^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*[=:]\s*[^'#\s][^#]*\$`)
