-- Each event gets evidence that the service wrote it, and seals protect the audit trail. Fields
-- that are not searched by an index move into one column, because every request inserts an
-- event and each column has a cost.

-- +goose Up
CREATE TABLE audit_events_after (
    id       INTEGER PRIMARY KEY,
    at       INTEGER NOT NULL,
    -- NULL for a caller who had not signed in, and for the command line.
    actor_id INTEGER,
    -- Such as "patient:12", or "patient" without a record.
    subject  TEXT    NOT NULL CHECK (length(subject) <= 40),
    -- SHA-256 of the event's content and 16 bytes of HMAC. Empty for an older event.
    evidence BLOB    NOT NULL CHECK (length(evidence) IN (0, 48)),
    data     TEXT    NOT NULL
) STRICT;
INSERT INTO audit_events_after (id, at, actor_id, subject, evidence, data)
    SELECT id, at, actor_id, subject_kind || COALESCE(':' || subject_id, ''), x'',
        -- Members, their order and spaces must be those that sqlstore/audit.go writes.
        json_patch('{}', json_object('role', NULLIF(actor_role, ''), 'session', session_id, 'address', NULLIF(address, ''),
            'request_id', NULLIF(request_id, ''), 'action', action, 'outcome', outcome, 'shown', shown, 'version', version,
            'about', NULLIF(about, '')))
    FROM audit_events;
DROP TABLE audit_events;
ALTER TABLE audit_events_after RENAME TO audit_events;
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX audit_events_actor_id_id_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_id_idx ON audit_events (subject, id);

CREATE TABLE audit_about_after (
    event_id INTEGER NOT NULL,
    -- Such as "patient:12".
    record   TEXT    NOT NULL CHECK (length(record) <= 40),
    PRIMARY KEY (record, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_about_after (record, event_id) SELECT kind || ':' || record_id, event_id FROM audit_about;
DROP TABLE audit_about;
ALTER TABLE audit_about_after RENAME TO audit_about;

CREATE TABLE audit_seals (
    number  INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    through INTEGER NOT NULL,
    -- The IDs and tags of the events, and the missing IDs (sqlstore/seals.go).
    events  BLOB    NOT NULL,
    missing BLOB    NOT NULL,
    digest  BLOB    NOT NULL CHECK (length(digest) = 32),
    mac     BLOB    NOT NULL CHECK (length(mac) = 16)
) STRICT;

-- +goose Down
DROP TABLE audit_seals;

CREATE TABLE audit_about_before (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    event_id  INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id, event_id)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_about_before (kind, record_id, event_id)
    SELECT substr(record, 1, instr(record, ':') - 1), CAST(substr(record, instr(record, ':') + 1) AS INTEGER), event_id FROM audit_about;
DROP TABLE audit_about;
ALTER TABLE audit_about_before RENAME TO audit_about;

CREATE TABLE audit_events_before (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    actor_id     INTEGER,
    actor_role   TEXT    NOT NULL CHECK (actor_role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    session_id   INTEGER,
    address      TEXT    NOT NULL CHECK (length(address) <= 45),
    request_id   TEXT    NOT NULL CHECK (length(request_id) <= 64),
    action       TEXT    NOT NULL CHECK (length(action) <= 50),
    subject_kind TEXT    NOT NULL CHECK (length(subject_kind) <= 20),
    subject_id   INTEGER,
    shown        TEXT,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('allowed', 'denied', 'failed')),
    version      INTEGER,
    about        TEXT    NOT NULL
) STRICT;
INSERT INTO audit_events_before (id, at, actor_id, actor_role, session_id, address, request_id, action, subject_kind, subject_id,
        shown, outcome, version, about)
    SELECT id, at, actor_id, COALESCE(data ->> 'role', ''), data ->> 'session', COALESCE(data ->> 'address', ''),
        COALESCE(data ->> 'request_id', ''), data ->> 'action',
        substr(subject, 1, instr(subject || ':', ':') - 1), CAST(NULLIF(substr(subject, instr(subject || ':', ':') + 1), '') AS INTEGER),
        data ->> 'shown', data ->> 'outcome', data ->> 'version', COALESCE(data ->> 'about', '')
    FROM audit_events;
DROP TABLE audit_events;
ALTER TABLE audit_events_before RENAME TO audit_events;
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX audit_events_actor_id_id_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_kind_subject_id_id_idx ON audit_events (subject_kind, subject_id, id);
