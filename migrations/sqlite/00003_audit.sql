-- These tables have no foreign keys, because an event outlives the records that it is about.
-- Rows are never changed or deleted.

-- +goose Up
CREATE TABLE audit_events (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    -- NULL for a caller who had not signed in, and for the command line.
    actor_id     INTEGER,
    actor_role   TEXT    NOT NULL CHECK (actor_role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    session_id   INTEGER,
    -- 45 characters hold every IPv6 address as text (INET6_ADDRSTRLEN, RFC 3493, 6.3).
    address      TEXT    NOT NULL CHECK (length(address) <= 45),
    request_id   TEXT    NOT NULL CHECK (length(request_id) <= 64),
    action       TEXT    NOT NULL CHECK (length(action) <= 50),
    subject_kind TEXT    NOT NULL CHECK (length(subject_kind) <= 20),
    subject_id   INTEGER,
    -- The ids that a list showed, such as "3,5". NULL if the event is not about a list.
    shown        TEXT,
    outcome      TEXT    NOT NULL CHECK (outcome IN ('allowed', 'denied', 'failed')),
    version      INTEGER,
    -- Other records that the event is about, such as "patient:5,doctor:7".
    about        TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX audit_events_actor_id_id_idx ON audit_events (actor_id, id);
CREATE INDEX audit_events_subject_kind_subject_id_id_idx ON audit_events (subject_kind, subject_id, id);

-- Leads from a record to the events that showed it or name it in the column about.
CREATE TABLE audit_about (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    event_id  INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id, event_id)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE audit_about;
DROP TABLE audit_events;
