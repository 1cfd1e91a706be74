PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(3,2,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(4,3,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(5,4,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(6,5,1,'2026-11-26 09:12:56');
INSERT INTO goose_db_version VALUES(7,6,1,'2026-11-26 09:12:56');
CREATE TABLE users (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    email         TEXT    NOT NULL UNIQUE CHECK (length(email) <= 254),
    password_hash TEXT    NOT NULL,
    first_name    TEXT    NOT NULL CHECK (length(first_name) <= 150),
    last_name     TEXT    NOT NULL CHECK (length(last_name) <= 150),
    phone_number  TEXT    NOT NULL CHECK (length(phone_number) <= 15),
    role          TEXT    NOT NULL CHECK (role IN ('ADMIN', 'STAFF')),
    created_at    INTEGER NOT NULL
, password_temporary INTEGER NOT NULL DEFAULT 0 CHECK (password_temporary IN (0, 1)), is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)), totp_key TEXT NOT NULL DEFAULT '', totp_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (totp_confirmed IN (0, 1)), totp_last_step INTEGER NOT NULL DEFAULT 0, recovery_hashes BLOB CHECK (length(recovery_hashes) = 320)) STRICT;
INSERT INTO users VALUES(1,'admin@example.com','$argon2id$v=19$m=47104,t=1,p=1$ouV9GHtRU1HkOn09moztnA$Sfd5KPK8suQSw80RA4u5BD96r9xkppHlGsHkvMtIq9c','','','','ADMIN',1795684377064855,0,1,'',0,0,NULL);
CREATE TABLE sessions (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL REFERENCES users (id),
    created_at       INTEGER NOT NULL,
    expires_at       INTEGER NOT NULL,
    revoked_at       INTEGER,
    refresh_selector BLOB    NOT NULL UNIQUE CHECK (length(refresh_selector) = 16),
    refresh_hash     BLOB    NOT NULL CHECK (length(refresh_hash) = 32)
, address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 45), device TEXT NOT NULL DEFAULT '' CHECK (length(device) <= 200), last_used_at INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO sessions VALUES(1,1,1795684377751366,1795770777751366,NULL,X'ababb5ca9d04282f64c6ab9070b822a8',X'0e07a91598076a1f0a2a3898d314b27ab8b6308d14afb52347e33ae706e52797','127.0.0.1','curl/7.88.1',1795684377751366);
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
INSERT INTO mappings VALUES(1,1,1,1795684377847367);
CREATE TABLE attempts (
    key         BLOB    PRIMARY KEY CHECK (length(key) = 32),
    count       INTEGER NOT NULL,
    since       INTEGER,
    until       INTEGER,
    known_until INTEGER,
    expires_at  INTEGER NOT NULL
) STRICT;
INSERT INTO attempts VALUES(X'09f7e452e74478142479757c7a39ffb6ded46d20e0b2ce69f3244464cd07ca78',0,NULL,NULL,NULL,-62135596800000000);
INSERT INTO attempts VALUES(X'9ff3b2f1f38b846487fd9e40ad6bf16e4def9d3a70e4566d2614b4a8c1c69a0b',0,NULL,NULL,1803460377750961,1803460377750961);
CREATE TABLE versions (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- NULL is for the command line, and for what was found.
    user_id   INTEGER,
    role      TEXT    NOT NULL CHECK (role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    change    TEXT    NOT NULL CHECK (change IN ('created', 'updated', 'deleted', 'restored', 'found')),
    with_kind TEXT    CHECK (length(with_kind) <= 20),
    with_id   INTEGER,
    -- How many bytes of the record have no tight bound.
    free_text INTEGER NOT NULL,
    -- A JSON object with a member for each column of the record. One that is missing
    -- was not there yet.
    record    TEXT    NOT NULL,
    PRIMARY KEY (kind, record_id, number)
) STRICT;
INSERT INTO versions VALUES('doctor',1,1,1795684377775114,1,'ADMIN','created',NULL,NULL,0,'{"id":1,"name":"Gregory House","joined_at":"2026-11-26","specialization":"Diagnostics","license_number":"NJ-1","salary":"1234.50"}');
INSERT INTO versions VALUES('patient',1,1,1795684377807007,1,'ADMIN','created',NULL,NULL,0,'{"id":1,"created_by":1,"name":"Ada","date_of_birth":"","phone_number":"","gender":"","address":"","medical_record":""}');
INSERT INTO versions VALUES('patient',2,1,1795684377827194,1,'ADMIN','created',NULL,NULL,0,'{"id":2,"created_by":1,"name":"Eve","date_of_birth":"","phone_number":"","gender":"","address":"","medical_record":""}');
INSERT INTO versions VALUES('mapping',1,1,1795684377847362,1,'ADMIN','created',NULL,NULL,0,'{"id":1,"patient_id":1,"doctor_id":1,"assigned_at":"2026-11-26T09:12:57.847367Z"}');
INSERT INTO versions VALUES('patient',1,2,1795684377870697,1,'ADMIN','updated',NULL,NULL,22,'{"id":1,"created_by":1,"name":"Ada","date_of_birth":"","phone_number":"","gender":"","address":"","medical_record":"Allergic to penicillin"}');
INSERT INTO versions VALUES('patient',2,2,1795684377895360,1,'ADMIN','deleted',NULL,NULL,0,'{"id":2,"created_by":1,"name":"Eve","date_of_birth":"","phone_number":"","gender":"","address":"","medical_record":""}');
CREATE TABLE deletions (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    with_kind TEXT    CHECK (length(with_kind) <= 20),
    with_id   INTEGER,
    free_text INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id)
) STRICT, WITHOUT ROWID;
INSERT INTO deletions VALUES('patient',2,2,1795684377895360,NULL,NULL,0);
CREATE TABLE IF NOT EXISTS "audit_events" (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    -- NULL is for who had not signed in, and for the command line.
    actor_id INTEGER,
    -- Such as "patient:12", or "patient" where there is no record.
    subject  TEXT    NOT NULL CHECK (length(subject) <= 40),
    -- SHA-256 of what the event says, and 16 bytes of HMAC; nothing for an older event.
    evidence BLOB    NOT NULL CHECK (length(evidence) IN (0, 48)),
    data     TEXT    NOT NULL
) STRICT;
INSERT INTO audit_events VALUES(1,1795684377064847,NULL,'user:1',X'3a2e40d9dd63a1a1fb8b378058dc0ab70af8dd422d78a4a8a756881e5dcc3396fc820757b1d8803c85c1dc86d9e377b1','{"role":"OPERATOR","action":"user:register","outcome":"allowed"}');
INSERT INTO audit_events VALUES(2,1795684377610901,1,'session:1',X'c0f895f3ac1681adb813d69b4bfd4cd206c2a7e637cc216cd157fdceaba5e91591b8260e7ee4cb829ef96472c2f36fdf','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"RGUZWNXVY2ISJ5EAZ5AWMXAUSX","action":"session:create","outcome":"allowed"}');
INSERT INTO audit_events VALUES(3,1795684377775114,1,'doctor:1',X'3e888b3a8713af2513d65b596ad359794bba1670d9f884ab1efd8e9b575bea1433e920ea893b042e6db90dd6e5288acc','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"PVQWSGNESJZJ6XCVZ6O3XXXR23","action":"doctor:create","outcome":"allowed","version":1}');
INSERT INTO audit_events VALUES(4,1795684377807007,1,'patient:1',X'0d479aafdd6f189f3380c20e472887ea3dfee775df0e3d36cf74d9cc65e7824d00e3c546659bad67051521b6b62d8dd1','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"6HUG4PBCYUYDWWHHPFAYEVAJYC","action":"patient:create","outcome":"allowed","version":1}');
INSERT INTO audit_events VALUES(5,1795684377827194,1,'patient:2',X'38d5eb23c65960f81f5e9b10dce22d14fb923acbd3e67d26193adb71c3b345edd8c85f5df70c01cba3c928dbc94f5d1d','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"72NR7BHSSEC4TLUO3XFR4GUVII","action":"patient:create","outcome":"allowed","version":1}');
INSERT INTO audit_events VALUES(6,1795684377847362,1,'mapping:1',X'ffdab6fc6c9f1c7f0ba2b2921d2d533e9747914c450309945d196da26aa55967a1deb973f5655c324391d5be21b019b7','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"BOE5A3DUCIRSHUAGTHPHCPEV6V","action":"mapping:create","outcome":"allowed","version":1,"about":"patient:1,doctor:1"}');
INSERT INTO audit_events VALUES(7,1795684377870697,1,'patient:1',X'fc5a8acf654035f9a12aeaba6fc503c29db0a4289e8a613ae205e2bca983fc1562817f0a5acbcab3e71a1f19cba9f912','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"XHIJYMHAKCL7SGCB66BYUSMMX4","action":"patient:update","outcome":"allowed","version":2}');
INSERT INTO audit_events VALUES(8,1795684377895360,1,'patient:2',X'1c043ba9126ae3c51a3e33ced3473f4a0e48c8112dc76ae332e35cc5de41f97b8a5120d3166a115dc4bec45788c2551f','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"FJU57YU5O4SM42QRNSWRX7R4ZO","action":"patient:delete","outcome":"allowed","version":2}');
INSERT INTO audit_events VALUES(9,1795684377916534,1,'patient',X'2974c0fca51a03ea6cc6186dc52b34a06211abd8841e739c62b5ffe464b3e11c4c3766fc2930d01b659d912fb73e2839','{"role":"ADMIN","session":1,"address":"127.0.0.1","request_id":"H63K2H7WXGCU5E3Z7IBR4ZITYY","action":"patient:read","outcome":"allowed","shown":"1"}');
CREATE TABLE IF NOT EXISTS "audit_about" (
    event_id INTEGER NOT NULL,
    -- Such as "patient:12".
    record   TEXT    NOT NULL CHECK (length(record) <= 40),
    PRIMARY KEY (record, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_about VALUES(6,'doctor:1');
INSERT INTO audit_about VALUES(6,'patient:1');
INSERT INTO audit_about VALUES(9,'patient:1');
CREATE TABLE audit_seals (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    through INTEGER NOT NULL,
    -- The IDs and tags of its events, and the IDs that were missing (sqlstore/seals.go).
    events  BLOB    NOT NULL,
    missing BLOB    NOT NULL,
    digest  BLOB    NOT NULL CHECK (length(digest) = 32),
    mac     BLOB    NOT NULL CHECK (length(mac) = 16)
) STRICT;
INSERT INTO audit_seals VALUES(1,1795684379445241,9,X'01c646e0d101b492e47001718f165101b22332b4015cceae840115f458e7012cbc48e101ae718f530124cbcefc',X'',X'a34a7b6231e4f70c95e9abcf4de519f01c8386fe785d3cb81fcd42558eaa4a4f',X'cea5ca9156e96ec0f51fd350c8a47cb6');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',7);
INSERT INTO sqlite_sequence VALUES('users',1);
INSERT INTO sqlite_sequence VALUES('sessions',1);
INSERT INTO sqlite_sequence VALUES('doctors',1);
INSERT INTO sqlite_sequence VALUES('patients',2);
INSERT INTO sqlite_sequence VALUES('mappings',1);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;
CREATE INDEX attempts_expires_at_idx ON attempts (expires_at);
CREATE INDEX deletions_kind_at_record_id_idx ON deletions (kind, at, record_id);
CREATE INDEX deletions_with_kind_with_id_kind_record_id_idx ON deletions (with_kind, with_id, kind, record_id)
    WHERE with_id IS NOT NULL;
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX audit_events_actor_id_id_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_id_idx ON audit_events (subject, id);
CREATE INDEX audit_events_action_id_idx ON audit_events ((data ->> 'action'), id);
CREATE INDEX audit_events_outcome_id_idx ON audit_events ((data ->> 'outcome'), id) WHERE data ->> 'outcome' <> 'allowed';
CREATE INDEX mappings_doctor_id_id_idx ON mappings (doctor_id, id);
COMMIT;
