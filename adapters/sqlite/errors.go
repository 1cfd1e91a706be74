package sqlite

import (
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/healthcare/adapters/sqlstore"
)

// classify reads an error of the driver. SQLite's texts name tables, columns and
// conditions, never values. The codes are those of SQLite, "Result and Error Codes".
func classify(err error) sqlstore.Failure {
	if errors.Is(err, errFileMoved) {
		return sqlstore.Failure{Kind: sqlstore.Unavailable, Text: err.Error()}
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return sqlstore.Failure{}
	}
	failure := sqlstore.Failure{Text: "sqlite: " + e.Error()}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		failure.Kind = sqlstore.Duplicate
		failure.Constraint = constraint(e.Error())
		return failure
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		failure.Kind = sqlstore.NoReference
		return failure
	}
	const primary = 0xff // What it has above is a refinement.
	switch e.Code() & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL, // Other processes.
		sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM,
		sqlite3.SQLITE_INTERRUPT:
		failure.Kind = sqlstore.Unavailable
	}
	return failure
}

// constraint turns "UNIQUE constraint failed: mappings.patient_id, mappings.doctor_id"
// into the name that PostgreSQL gives by default, mappings_patient_id_doctor_id_key.
func constraint(message string) string {
	_, columns, _ := strings.Cut(message, "UNIQUE constraint failed: ")
	columns, _, _ = strings.Cut(columns, " (")
	var name strings.Builder
	for i, column := range strings.Split(columns, ", ") {
		table, column, _ := strings.Cut(column, ".")
		if i == 0 {
			name.WriteString(table)
		}
		name.WriteString("_" + column)
	}
	return name.String() + "_key"
}
