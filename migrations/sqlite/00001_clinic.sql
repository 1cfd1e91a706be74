-- Times are microseconds since 1970 UTC, dates are YYYY-MM-DD, and amounts are decimal text.
-- AUTOINCREMENT prevents the reuse of a deleted row's id.

-- +goose Up
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL UNIQUE CHECK (length(email) <= 254),
    password_hash TEXT    NOT NULL,
    first_name    TEXT    NOT NULL CHECK (length(first_name) <= 150),
    last_name     TEXT    NOT NULL CHECK (length(last_name) <= 150),
    phone_number  TEXT    NOT NULL CHECK (length(phone_number) <= 15),
    role          TEXT    NOT NULL CHECK (role IN ('ADMIN', 'STAFF')),
    created_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE sessions (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL REFERENCES users (id),
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER,
    refresh_selector BLOB    NOT NULL UNIQUE CHECK (length(refresh_selector) = 16),
    refresh_hash     BLOB    NOT NULL CHECK (length(refresh_hash) = 32)
) STRICT;
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

CREATE TABLE doctors (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL CHECK (length(name) <= 100),
    joined_at      TEXT NOT NULL CHECK (length(joined_at) = 10),
    specialization TEXT NOT NULL CHECK (length(specialization) <= 200),
    license_number TEXT NOT NULL CHECK (length(license_number) <= 50),
    -- NFKC can turn one character into 18 (Unicode Standard Annex #15, section 9), so the key
    -- of 50 characters can have 900 characters.
    license_key    TEXT NOT NULL UNIQUE CHECK (length(license_key) <= 1000),
    salary         TEXT NOT NULL CHECK (length(salary) <= 11 AND salary GLOB '[0-9]*.[0-9][0-9]')
) STRICT;

CREATE TABLE patients (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    created_by     INTEGER NOT NULL REFERENCES users (id),
    name           TEXT    NOT NULL CHECK (length(name) <= 100),
    date_of_birth  TEXT    CHECK (length(date_of_birth) = 10),
    phone_number   TEXT    NOT NULL CHECK (length(phone_number) <= 15),
    gender         TEXT    CHECK (gender IN ('M', 'F', 'O')),
    address        TEXT    NOT NULL CHECK (octet_length(address) <= 1048576),
    medical_record TEXT    NOT NULL CHECK (octet_length(medical_record) <= 1048576)
) STRICT;
CREATE INDEX patients_created_by_idx ON patients (created_by);

CREATE TABLE mappings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id  INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    doctor_id   INTEGER NOT NULL REFERENCES doctors (id) ON DELETE CASCADE,
    assigned_at INTEGER NOT NULL,
    UNIQUE (patient_id, doctor_id)
) STRICT;
CREATE INDEX mappings_doctor_id_idx ON mappings (doctor_id);

-- +goose Down
DROP TABLE mappings;
DROP TABLE patients;
DROP TABLE doctors;
DROP TABLE sessions;
DROP TABLE users;
