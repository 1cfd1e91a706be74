package sqlite

import (
	"errors"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"example.com/healthcare/adapters/sqlstore"
)

// classify classifies an error of the driver. SQLite's error texts contain tables, columns
// and conditions, but no values. The codes are described in SQLite, "Result and Error
// Codes".
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
	const primary = 0xff // The higher bits are an extended code.
	switch e.Code() & primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		failure.Kind = sqlstore.Locked
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM,
		sqlite3.SQLITE_INTERRUPT:
		failure.Kind = sqlstore.Unavailable
	}
	return failure
}

// constraint turns "UNIQUE constraint failed: mappings.patient_id, mappings.doctor_id" into
// mappings_patient_id_doctor_id_key, PostgreSQL's default name for that constraint.
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

// rolledBack reports whether the error of a COMMIT says that the transaction was rolled back.
// After a failed write, a part of it can be in the log, and count when the file is opened again.
func rolledBack(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code()&0xff != sqlite3.SQLITE_IOERR
}
