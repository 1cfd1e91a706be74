package main

import (
	"io/fs"
	"maps"
	"os"
	"slices"
)

// warning is a problem with the settings that does not stop a command. readConfig logs it
// once it knows LOG_LEVEL and LOG_FORMAT.
type warning struct {
	message string
	attrs   []any
}

// misspeltVariables warns of variables that look like misspelt settings. They are no error,
// because the environment also contains the variables of other programs.
func misspeltVariables(environment map[string]string, isSet func(name string) bool) []warning {
	var warnings []warning
	for _, name := range slices.Sorted(maps.Keys(environment)) {
		if similar := similarSetting(name, isSet); similar != "" {
			warnings = append(warnings, warning{"a variable has no effect and looks like a misspelt setting", []any{"variable", name, "setting", similar}})
		}
	}
	return warnings
}

// warnings warns of a data directory in which every account of the machine can replace
// the store and the key.
func (c config) warnings() []warning {
	if !hasMode(c.DataDir, 0o002) {
		return nil
	}
	return []warning{{"every account of this machine can replace files in DATA_DIR: chmod 700 it", []any{"DATA_DIR", c.DataDir}}}
}

// hasMode reports whether the file exists and its mode has one of the permissions.
func hasMode(path string, permissions fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Perm()&permissions != 0
}
