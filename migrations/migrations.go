// Package migrations embeds the SQL files that create and change the schema, in goose's format.
// Each engine has a folder, and both have the same tables and columns. The SQL of a released
// step never changes. A new step gets the next number.
//
// A program refuses a schema with a step that it does not know. If older programs can work
// with a step, the step ends with INSERT INTO compatible_steps (step) VALUES (its number).
// Then the instances of a service can be replaced one after the other.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed postgres/*.sql sqlite/*.sql
var files embed.FS

// Postgres returns the steps for PostgreSQL 14 and later.
func Postgres() fs.FS { return folder("postgres") }

// SQLite returns the steps for SQLite 3.44 and later.
func SQLite() fs.FS { return folder("sqlite") }

func folder(name string) fs.FS {
	sub, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // Sub fails only for an invalid name, and both names are constants.
	}
	return sub
}
