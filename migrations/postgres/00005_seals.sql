-- Each event gets evidence that the service wrote it, and seals protect the audit trail. Fields
-- that are not searched by an index move into one column, because every request inserts an
-- event and each column has a cost.

-- +goose Up
ALTER TABLE audit_events
    -- Such as "patient:12", or "patient" without a record.
    ADD COLUMN subject  varchar(40),
    -- SHA-256 of the event's content and 16 bytes of HMAC. Empty for an older event.
    ADD COLUMN evidence bytea,
    ADD COLUMN data     json;
UPDATE audit_events SET
    subject = subject_kind || COALESCE(':' || subject_id, ''),
    evidence = '',
    -- Members, their order and spaces must be those that sqlstore/audit.go writes.
    data = json_strip_nulls(json_build_object('role', NULLIF(actor_role, ''), 'session', session_id, 'address', NULLIF(address, ''),
        'request_id', NULLIF(request_id, ''), 'action', action, 'outcome', outcome, 'shown', shown, 'version', version, 'about', NULLIF(about, '')));
ALTER TABLE audit_events
    ALTER COLUMN subject SET NOT NULL,
    ALTER COLUMN evidence SET NOT NULL,
    ALTER COLUMN data SET NOT NULL,
    ADD CONSTRAINT audit_events_evidence_check CHECK (octet_length(evidence) IN (0, 48)),
    DROP COLUMN actor_role,
    DROP COLUMN session_id,
    DROP COLUMN address,
    DROP COLUMN request_id,
    DROP COLUMN action,
    DROP COLUMN subject_kind,
    DROP COLUMN subject_id,
    DROP COLUMN shown,
    DROP COLUMN outcome,
    DROP COLUMN version,
    DROP COLUMN about;
CREATE INDEX audit_events_subject_id_idx ON audit_events (subject, id);

ALTER TABLE audit_about ADD COLUMN record varchar(40); -- such as "patient:12"
UPDATE audit_about SET record = kind || ':' || record_id;
ALTER TABLE audit_about
    DROP CONSTRAINT audit_about_pkey,
    DROP COLUMN kind,
    DROP COLUMN record_id,
    ADD CONSTRAINT audit_about_pkey PRIMARY KEY (record, event_id);

CREATE TABLE audit_seals (
    number  bigint      NOT NULL,
    at      timestamptz NOT NULL,
    through bigint      NOT NULL,
    -- The IDs and tags of the events, and the missing IDs (sqlstore/seals.go).
    events  bytea       NOT NULL,
    missing bytea       NOT NULL,
    digest  bytea       NOT NULL,
    mac     bytea       NOT NULL,
    CONSTRAINT audit_seals_number_key PRIMARY KEY (number),
    CONSTRAINT audit_seals_digest_check CHECK (octet_length(digest) = 32),
    CONSTRAINT audit_seals_mac_check CHECK (octet_length(mac) = 16)
);

-- +goose Down
DROP TABLE audit_seals;

ALTER TABLE audit_about ADD COLUMN kind varchar(20), ADD COLUMN record_id bigint;
UPDATE audit_about SET kind = split_part(record, ':', 1), record_id = CAST(split_part(record, ':', 2) AS bigint);
ALTER TABLE audit_about
    DROP CONSTRAINT audit_about_pkey,
    DROP COLUMN record,
    ADD CONSTRAINT audit_about_pkey PRIMARY KEY (kind, record_id, event_id);

ALTER TABLE audit_events
    ADD COLUMN actor_role   varchar(10),
    ADD COLUMN session_id   bigint,
    ADD COLUMN address      varchar(45),
    ADD COLUMN request_id   varchar(64),
    ADD COLUMN action       varchar(50),
    ADD COLUMN subject_kind varchar(20),
    ADD COLUMN subject_id   bigint,
    ADD COLUMN shown        text,
    ADD COLUMN outcome      varchar(10),
    ADD COLUMN version      bigint,
    ADD COLUMN about        text;
UPDATE audit_events SET
    actor_role = COALESCE(data ->> 'role', ''), session_id = CAST(data ->> 'session' AS bigint), address = COALESCE(data ->> 'address', ''),
    request_id = COALESCE(data ->> 'request_id', ''), action = data ->> 'action', shown = data ->> 'shown', outcome = data ->> 'outcome',
    version = CAST(data ->> 'version' AS bigint), about = COALESCE(data ->> 'about', ''),
    subject_kind = split_part(subject, ':', 1), subject_id = CAST(NULLIF(split_part(subject, ':', 2), '') AS bigint);
ALTER TABLE audit_events
    ALTER COLUMN actor_role SET NOT NULL,
    ALTER COLUMN address SET NOT NULL,
    ALTER COLUMN request_id SET NOT NULL,
    ALTER COLUMN action SET NOT NULL,
    ALTER COLUMN subject_kind SET NOT NULL,
    ALTER COLUMN outcome SET NOT NULL,
    ALTER COLUMN about SET NOT NULL,
    ADD CONSTRAINT audit_events_actor_role_check CHECK (actor_role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    ADD CONSTRAINT audit_events_outcome_check CHECK (outcome IN ('allowed', 'denied', 'failed')),
    DROP COLUMN subject,
    DROP COLUMN evidence,
    DROP COLUMN data;
CREATE INDEX audit_events_subject_kind_subject_id_id_idx ON audit_events (subject_kind, subject_id, id);
