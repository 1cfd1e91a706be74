package main

import (
	"maps"
	"os"
	"slices"
)

// warning is something about the settings that does not keep a command from running.
type warning struct {
	text  string
	attrs []any
}

// misspeltVariables tells of variables that look like misspelt settings. The environment
// can hold those of any program, so they are no error there.
func misspeltVariables(environment map[string]string, isSet func(name string) bool) []warning {
	var found []warning
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if meant := misspelt(name, isSet); meant != "" {
			found = append(found, warning{"a variable has no effect and looks like a misspelt setting", []any{"variable", name, "setting", meant}})
		}
	}
	return found
}

// warnings tells of a data folder in which every account of the machine can put another
// store or another key.
func (c config) warnings() []warning {
	info, err := os.Stat(c.DataDir)
	if err != nil || info.Mode().Perm()&0o002 == 0 {
		return nil
	}
	return []warning{{"every account of this machine can replace what is in the data folder: chmod 700 it", []any{"DATA_DIR", c.DataDir}}}
}
