package sqlstore

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASpanIsNamedAfterTheCommandAndItsTable(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT id FROM store_id": "SELECT store_id",
		"SELECT patients.id,\n(SELECT count(*) FROM mappings) AS n\n\tFROM patients WHERE name = 'FROM secrets'":            "SELECT patients",
		"SELECT id FROM (SELECT patients.*, SUM(a + b) OVER (ORDER BY id) FROM (SELECT id FROM patients) AS patients) AS p": "SELECT patients",
		"SELECT (SELECT 1 FROM (SELECT 2 FROM mappings) AS m) FROM doctors FOR NO KEY UPDATE":                               "SELECT doctors",
		Unprepared + "SELECT COUNT(*) FROM users":                                                                           "SELECT users",
		"INSERT INTO patients (name) SELECT name FROM doctors ON CONFLICT DO UPDATE SET name = ''":                          "INSERT patients",
		"UPDATE users SET active = false":                                                                                   "UPDATE users",
		"WITH expired AS (SELECT id FROM attempts) DELETE FROM attempts":                                                    "DELETE attempts",
		"WITH mentions AS (INSERT INTO audit_about (record) VALUES ($1)) INSERT INTO audit_events (id) VALUES ($2)":         "INSERT audit_events",
		Unprepared + "EXPLAIN (FORMAT JSON) SELECT FROM patients WHERE true":                                                "EXPLAIN patients",
		"SELECT nextval('audit_events_id_seq')":                                                                             "SELECT",
		"PRAGMA wal_checkpoint":                                                                                             "PRAGMA",
	} {
		assert.Equal(t, want, spanName(query))
	}
}
