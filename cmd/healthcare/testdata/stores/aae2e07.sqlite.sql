PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-26 09:12:46');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-26 09:12:46');
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
INSERT INTO users VALUES(1,'admin@example.com','$argon2id$v=19$m=47104,t=1,p=1$mC7Yo9mJhkYyhgX6zazNSw$+BntPjXS3eH7lFqboTOANO0JhfvgskcZ3GbUYL/n1zs','','','','ADMIN',1795684367293272);
CREATE TABLE sessions (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL REFERENCES users (id),
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER,
    refresh_selector BLOB    NOT NULL UNIQUE CHECK (length(refresh_selector) = 16),
    refresh_hash     BLOB    NOT NULL CHECK (length(refresh_hash) = 32)
) STRICT;
INSERT INTO sessions VALUES(1,1,1795684368401097,1795770768401097,NULL,X'817962a749e1bc08098fac7498cf3910',X'db721f1042cdda48e48a4de4127b7b8664f2222c5d3006a3fd24a15ce42be308');
CREATE TABLE doctors (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL CHECK (length(name) <= 100),
    joined_at      TEXT NOT NULL CHECK (length(joined_at) = 10),
    specialization TEXT NOT NULL CHECK (length(specialization) <= 200),
    license_number TEXT NOT NULL CHECK (length(license_number) <= 50),
    -- NFKC turns one character into up to 18 (Unicode Standard Annex #15, section 9), so
    -- the key of 50 characters can be 900 long.
    license_key    TEXT NOT NULL UNIQUE CHECK (length(license_key) <= 1000),
    salary         TEXT NOT NULL CHECK (length(salary) <= 11 AND salary GLOB '[0-9]*.[0-9][0-9]')
) STRICT;
INSERT INTO doctors VALUES(1,'Gregory House','2026-11-26','Diagnostics','NJ-1','nj-1','1234.50');
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
INSERT INTO patients VALUES(1,1,'Ada',NULL,'',NULL,'','Allergic to penicillin');
CREATE TABLE mappings (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    patient_id  INTEGER NOT NULL REFERENCES patients (id) ON DELETE CASCADE,
    doctor_id   INTEGER NOT NULL REFERENCES doctors (id) ON DELETE CASCADE,
    assigned_at INTEGER NOT NULL,
    UNIQUE (patient_id, doctor_id)
) STRICT;
INSERT INTO mappings VALUES(1,1,1,1795684368507091);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',2);
INSERT INTO sqlite_sequence VALUES('users',1);
INSERT INTO sqlite_sequence VALUES('sessions',1);
INSERT INTO sqlite_sequence VALUES('doctors',1);
INSERT INTO sqlite_sequence VALUES('patients',2);
INSERT INTO sqlite_sequence VALUES('mappings',1);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX patients_created_by_idx ON patients (created_by);
CREATE INDEX mappings_doctor_id_idx ON mappings (doctor_id);
COMMIT;
