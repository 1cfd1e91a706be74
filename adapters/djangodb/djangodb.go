// Package djangodb reads the PostgreSQL database of the Django backend that this service
// replaces: the tables users_user, doctors_doctor, patients_patient and
// patients_patientdoctormapping, as the migrations of that backend created them.
package djangodb

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"log/slog"
	"math"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// tables are the tables of the old backend.
var tables = map[domain.SubjectKind]string{
	domain.SubjectUser:    "users_user",
	domain.SubjectDoctor:  "doctors_doctor",
	domain.SubjectPatient: "patients_patient",
	domain.SubjectMapping: "patients_patientdoctormapping",
}

// Table returns the name of the old backend's table for a kind.
func Table(kind domain.SubjectKind) string { return tables[kind] }

// Database implements ports.OldBackend. It has one connection and reads in one transaction,
// which is read-only: the server refuses to write in it. Only one goroutine may use it.
type Database struct {
	tx    *sql.Tx
	close func()
}

var _ ports.OldBackend = (*Database)(nil)

// Open connects to the database (see postgres.OpenReader), and checks that it has the tables of
// the old backend. No error contains the password.
func Open(ctx context.Context, dsn string, log *slog.Logger) (*Database, error) {
	tx, closeTx, err := postgres.OpenReader(ctx, dsn, log)
	if err != nil {
		return nil, fmt.Errorf("djangodb: %w", err)
	}
	d := &Database{tx, closeTx}
	for _, table := range tables {
		var exists bool
		if err := tx.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&exists); err != nil {
			d.Close()
			return nil, fmt.Errorf("djangodb: %w", err)
		}
		if !exists {
			d.Close()
			return nil, fmt.Errorf("djangodb: this is not a database of the old backend: it has no table %s", table)
		}
	}
	return d, nil
}

// Close ends the transaction and the connection.
func (d *Database) Close() { d.close() }

// A page of rows is read at once, so that no statement waits for the caller.
const (
	pageRows = 500
	// pageBytes is the size of the free texts after which a page of patients ends.
	pageBytes = domain.MaxPageBytes
	// maxTextBytes is the size from which on a free text is not read. It is refused anyway.
	maxTextBytes = 2 * domain.MaxTextBytes
)

const (
	selectUsers = `
		SELECT id, username, email, first_name, last_name, COALESCE(phone_number, ''), role, CAST(is_superuser AS text), CAST(is_active AS text),
			to_char(date_joined AT TIME ZONE 'UTC', ` + rfc3339 + `), password
		FROM users_user WHERE id > $1 ORDER BY id LIMIT $2`
	selectDoctors = `
		SELECT id, name, specialization, license_number, CAST(salary AS text), to_char(joined_at, 'YYYY-MM-DD')
		FROM doctors_doctor WHERE id > $1 ORDER BY id LIMIT $2`
	// A page ends once its free texts have $3 bytes. Longer ones than $4 bytes are not read.
	selectPatients = `
		SELECT id, COALESCE(created_by_id, 0), name, CAST(date_of_birth AS text), COALESCE(phone_number, ''), gender,
			CASE WHEN octet_length(address) <= $4 THEN address END, octet_length(address) > $4,
			CASE WHEN octet_length(medical_record) <= $4 THEN medical_record END, octet_length(medical_record) > $4
		FROM (
			SELECT *, COALESCE(SUM(octet_length(address) + octet_length(medical_record))
				OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
			FROM (
				SELECT id, created_by_id, name, date_of_birth, phone_number, gender,
					COALESCE(address, '') AS address, COALESCE(medical_record, '') AS medical_record
				FROM patients_patient WHERE id > $1 ORDER BY id LIMIT $2
			) AS rows
		) AS page
		WHERE bytes_before < $3 ORDER BY id`
	selectMappings = `
		SELECT id, CAST(patient_id AS text), CAST(doctor_id AS text), to_char(assigned_at AT TIME ZONE 'UTC', ` + rfc3339 + `), (
			SELECT min(id) FROM patients_patientdoctormapping AS first WHERE first.patient_id = mapping.patient_id AND first.doctor_id = mapping.doctor_id
		)
		FROM patients_patientdoctormapping AS mapping WHERE id > $1 ORDER BY id LIMIT $2`

	rfc3339 = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`
)

// Users implements ports.OldBackend.
func (d *Database) Users(ctx context.Context) iter.Seq2[domain.OldUser, error] {
	return pages(ctx, d, domain.SubjectUser, selectUsers, func(row domain.OldUser) domain.ID { return row.ID }, func(scan scan) (row domain.OldUser, err error) {
		var username, email, first, last, phone, role, superuser, active, created, hash sql.NullString
		err = scan(&row.ID, &username, &email, &first, &last, &phone, &role, &superuser, &active, &created, &hash)
		row.Username, row.Email, row.FirstName, row.LastName, row.Phone = input(username), input(email), input(first), input(last), input(phone)
		row.Role, row.Superuser, row.Active, row.CreatedAt = input(role), input(superuser), input(active), input(created)
		row.PasswordHash = domain.StoredPasswordHash(hash.String)
		return row, err
	})
}

// Doctors implements ports.OldBackend.
func (d *Database) Doctors(ctx context.Context) iter.Seq2[domain.OldDoctor, error] {
	return pages(ctx, d, domain.SubjectDoctor, selectDoctors, func(row domain.OldDoctor) domain.ID { return row.ID }, func(scan scan) (row domain.OldDoctor, err error) {
		var name, specialization, license, salary, joined sql.NullString
		err = scan(&row.ID, &name, &specialization, &license, &salary, &joined)
		row.Name, row.Specialization, row.LicenseNumber, row.Salary, row.JoinedAt = input(name), input(specialization), input(license), input(salary), input(joined)
		return row, err
	})
}

// Patients implements ports.OldBackend.
func (d *Database) Patients(ctx context.Context) iter.Seq2[domain.OldPatient, error] {
	return pages(ctx, d, domain.SubjectPatient, selectPatients, func(row domain.OldPatient) domain.ID { return row.ID }, func(scan scan) (row domain.OldPatient, err error) {
		var name, born, phone, gender, address, record sql.NullString
		var longAddress, longRecord bool
		err = scan(&row.ID, &row.CreatedBy, &name, &born, &phone, &gender, &address, &longAddress, &record, &longRecord)
		row.Name, row.DateOfBirth, row.Phone, row.Gender = input(name), input(born), input(phone), input(gender)
		row.Address, row.MedicalRecord = freeText(address, longAddress), freeText(record, longRecord)
		return row, err
	}, pageBytes, maxTextBytes)
}

// Mappings implements ports.OldBackend.
func (d *Database) Mappings(ctx context.Context) iter.Seq2[domain.OldMapping, error] {
	return pages(ctx, d, domain.SubjectMapping, selectMappings, func(row domain.OldMapping) domain.ID { return row.ID }, func(scan scan) (row domain.OldMapping, err error) {
		var patient, doctor, assigned sql.NullString
		err = scan(&row.ID, &patient, &doctor, &assigned, &row.First)
		row.Patient, row.Doctor, row.AssignedAt = input(patient), input(doctor), input(assigned)
		return row, err
	})
}

// ExistingIDs implements ports.OldBackend.
func (d *Database) ExistingIDs(ctx context.Context, kind domain.SubjectKind, ids ...domain.ID) ([]domain.ID, error) {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	return query(ctx, d, kind, `SELECT id FROM `+tables[kind]+` WHERE id = ANY($1) ORDER BY id`, func(scan scan) (id domain.ID, err error) {
		return id, scan(&id)
	}, numbers)
}

// scan reads the columns of a row.
type scan = func(columns ...any) error

// input returns a column's value. NULL is null.
func input(column sql.NullString) domain.Input {
	if !column.Valid {
		return domain.Null()
	}
	return domain.Given(column.String)
}

// freeText returns the value of a long text, which the query leaves out if it is too long.
func freeText(column sql.NullString, tooLong bool) domain.Input {
	if tooLong {
		return domain.Unreadable(fmt.Sprintf("Ensure this field has no more than %d bytes.", domain.MaxTextBytes))
	}
	return input(column)
}

// pages iterates over the rows of a table in ascending order of ID, one page at a time.
func pages[Row any](ctx context.Context, d *Database, kind domain.SubjectKind, text string, id func(Row) domain.ID, read func(scan) (Row, error), limits ...any) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for after := domain.ID(math.MinInt64); ; {
			rows, err := query(ctx, d, kind, text, read, append([]any{int64(after), pageRows}, limits...)...)
			if err != nil {
				var none Row
				yield(none, err)
				return
			}
			if len(rows) == 0 {
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			after = id(rows[len(rows)-1])
		}
	}
}

// query returns all rows of a query.
func query[Row any](ctx context.Context, d *Database, kind domain.SubjectKind, text string, read func(scan) (Row, error), args ...any) ([]Row, error) {
	failed := func(err error) ([]Row, error) {
		return nil, fmt.Errorf("djangodb: read %s: %w", tables[kind], err)
	}
	found, err := d.tx.QueryContext(ctx, text, args...)
	if err != nil {
		return failed(err)
	}
	defer func() { _ = found.Close() }()
	var rows []Row
	for found.Next() {
		row, err := read(found.Scan)
		if err != nil {
			return failed(err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		return failed(err)
	}
	return rows, nil
}
