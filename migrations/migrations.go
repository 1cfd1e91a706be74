// Package migrations embeds the steps that build the schema, in goose's format:
// one folder per engine, with the same tables and columns in both. A step that
// was released is never edited; what comes after it gets the next number.
//
// A program refuses a schema with a step that it does not know. A step that programs
// before it can go on with ends with INSERT INTO compatible_steps (step) VALUES (its
// number): then the instances of a service can be replaced one after the other.
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
		panic(err) // Only an invalid name gives an error, and both are constants.
	}
	return sub
}
