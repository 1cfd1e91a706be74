package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver sqlite
)

// filledAt is the step of the schema at which a database for the measurement of growth is
// filled. The program then migrates it, as it would the database of an earlier program. So
// this file needs no change when the schema gets further steps: a released step is never edited.
const filledAt = 12

// What a database of n patients holds besides. The sizes of answers do not depend on n.
const (
	patientsPerUser   = 10
	growthDoctors     = 2000 // All of them treat patient 1. Doctor 1 treats 2,000 patients, or half of all.
	rarePatients      = 20   // have the name and date of birth that are searched for
	rareUsers         = 10   // likewise
	eventsPerSecond   = 20
	firstEventSeconds = 1767225600 // 2026-01-01T00:00:00Z
)

func eventsOf(n int) int   { return n * 12 / 10 }
func mappingsOf(n int) int { return n * 22 / 100 }

// dialect is what the statements that fill a database need to know of an engine.
type dialect struct {
	driver, folder string
	goose          goose.Dialect
	at             string // the time of event i
	json, date     string // formats that convert a text
	noBytes        string // an empty value of bytes
}

var (
	postgresDialect = dialect{
		"pgx", "postgres", goose.DialectPostgres,
		fmt.Sprintf("to_timestamp(%d + i / %d.0)", firstEventSeconds, eventsPerSecond), "CAST(%s AS json)", "CAST(%s AS date)", "''",
	}
	sqliteDialect = dialect{
		"sqlite", "sqlite", goose.DialectSQLite3,
		fmt.Sprintf("%d000000 + i * %d", firstEventSeconds, 1_000_000/eventsPerSecond), "%s", "%s", "x''",
	}
)

// fillForGrowth creates the tables and fills them with n patients.
func fillForGrowth(ctx context.Context, d dialect, address string, n int) error {
	db, err := sql.Open(d.driver, address)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	steps, err := goose.NewProvider(d.goose, db, os.DirFS("../../migrations/"+d.folder))
	if err != nil {
		return err
	}
	if _, err := steps.UpTo(ctx, filledAt); err != nil {
		return err
	}
	for _, statement := range d.statements(n) {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w: %.300s", err, statement)
		}
	}
	return nil
}

// statements returns what fills the tables. Both engines understand it. i counts rows from 1.
// Products with large primes scatter the numbers.
func (d dialect) statements(n int) []string {
	users, ofDoctor1 := n/patientsPerUser, min(n/2, growthDoctors)
	rareDate := fmt.Sprintf(d.date, "CASE WHEN i % "+strconv.Itoa(n/rarePatients)+" = 0 THEN '1911-11-11' ELSE (1930 + i % 80) || '-0' || (1 + i % 9) || '-1' || (i % 9) END")
	date := fmt.Sprintf(d.date, "(1930 + i % 80) || '-0' || (1 + i % 9) || '-1' || (i % 9)")
	event := func(action, more string) string {
		return fmt.Sprintf(d.json, `'{"role":"STAFF","session":1,"address":"203.0.113.7","request_id":"r' || i || '","action":"`+action+`","outcome":"allowed"`+more+`}'`)
	}
	// One of ten events is of user 1, one of twelve is of a list, which shows ten patients.
	actor := fmt.Sprintf("CASE WHEN i %% 10 = 0 THEN 1 ELSE 2 + (i * 7919) %% (%d - 1) END", users)
	subject := fmt.Sprintf("(i * 7919) %% %d", n)
	var shown []string
	for k := range 10 {
		shown = append(shown, fmt.Sprintf("(1 + (i * 10 + %d) %% %d)", k, n))
	}
	return []string{
		series(users) + `INSERT INTO users (email, password_hash, first_name, last_name, phone_number, role, created_at)
			SELECT 'user' || i || '@example.com', '', ` + firstName + `, ` + lastName(users, rareUsers, "Okonkwo") + `, '', 'STAFF', ` + d.at + ` FROM series ORDER BY i`,
		series(growthDoctors) + `INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary)
			SELECT ` + firstName + ` || ' ' || ` + lastName(growthDoctors, rarePatients, "Lindqvist") + `, ` + date + `, 'Diagnostics', 'NJ-' || i, 'NJ-' || i, '1234.50' FROM series ORDER BY i`,
		series(n) + fmt.Sprintf(`INSERT INTO patients (created_by, name, date_of_birth, phone_number, gender, email, external_id, address, medical_record, created_at)
			SELECT 1 + i %% %d, `, users) + firstName + ` || ' ' || ` + lastName(n, rarePatients, "Lindqvist") + `, ` + rareDate + `, '+44' || (1000000000 + i), CASE WHEN i % 2 = 0 THEN 'F' ELSE 'M' END,
			'patient' || i || '@example.com', 'MRN' || (10000000 + i), i || ' Main Street, Princeton', 'Aphasia, then a seizure. Seen again after six weeks.', ` + d.at + ` FROM series ORDER BY i`,
		series(growthDoctors) + `INSERT INTO mappings (patient_id, doctor_id, assigned_at) SELECT 1, i, ` + d.at + ` FROM series ORDER BY i`,
		series(ofDoctor1) + fmt.Sprintf(`INSERT INTO mappings (patient_id, doctor_id, assigned_at) SELECT 2 + (i - 1) * %d, 1, `, n/ofDoctor1) + d.at + ` FROM series ORDER BY i`,
		series(mappingsOf(n)) + fmt.Sprintf(`INSERT INTO mappings (patient_id, doctor_id, assigned_at)
			SELECT 2 + i * 4 %% (%d - 1), 2 + i %% (%d - 1), `, n, growthDoctors) + d.at + ` FROM series ORDER BY i`,
		series(eventsOf(n)) + `INSERT INTO audit_events (at, actor_id, subject, evidence, data)
			SELECT ` + d.at + `, ` + actor + `, CASE WHEN i % 12 = 0 THEN 'patient' ELSE 'patient:' || (1 + ` + subject + `) END, ` + d.noBytes + `,
			CASE WHEN i % 12 = 0 THEN ` + event("patient:search", `,"shown":"' || `+strings.Join(shown, " || ',' || ")+` || '"`) + ` ELSE ` + event("patient:read", "") + ` END FROM series ORDER BY i`,
		series(eventsOf(n)/12) + fmt.Sprintf(`, tens(k) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))
			INSERT INTO audit_about (record, event_id) SELECT 'patient:' || (1 + (i * 120 + k) %% %d), i * 12 FROM series, tens`, n),
	}
}

// series is the beginning of a statement in which i counts from 1 to n.
func series(n int) string {
	return fmt.Sprintf("WITH RECURSIVE series(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM series WHERE i < %d) ", n)
}

// firstName is one of ten names, lastName one of 3,600 for row i. Of n rows, rare have the
// last name that is searched for.
const firstName = `CASE i * 7919 % 10 WHEN 0 THEN 'James' WHEN 1 THEN 'Mary' WHEN 2 THEN 'Robert' WHEN 3 THEN 'Patricia' WHEN 4 THEN 'Anna-Lena'
	WHEN 5 THEN 'Mohammed' WHEN 6 THEN 'Priya' WHEN 7 THEN 'Jürgen' WHEN 8 THEN 'Zoë' ELSE 'Susan' END`

func lastName(n, rare int, name string) string {
	const syllables = "bacadafagahajakalamanaparasatavawazabecedefegehejekelemenepereseteveweze"
	syllable := func(number string) string {
		return fmt.Sprintf("substr('%s', CAST(1 + 2 * (%s %% %d) AS integer), 2)", syllables, number, len(syllables)/2)
	}
	return fmt.Sprintf("CASE WHEN i %% %d = 0 THEN '%s' ELSE 'M' || %s || %s || 'n' END", n/rare, name, syllable("i * 104729"), syllable("i * 7919 / 36"))
}
