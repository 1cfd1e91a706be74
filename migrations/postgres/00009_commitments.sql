-- The seals of the audit trail also protect versions: the event of a change contains a hash of
-- each version that it added, and the version contains the salt of that hash. Events also get
-- mentions of blocks of records (sqlstore/audit.go), which need no change of the tables.

-- +goose Up
-- NULL for an older version.
ALTER TABLE versions ADD COLUMN salt bytea CONSTRAINT versions_salt_check CHECK (octet_length(salt) = 16);

-- +goose Down
-- Without salts, versions cannot be verified. An older release reports the events of this
-- release as changed.
ALTER TABLE versions DROP COLUMN salt;
INSERT INTO audit_about (record, event_id)
    SELECT split_part(subject, ':', 1) || ':' || shown.id, audit_events.id
    FROM audit_events CROSS JOIN LATERAL unnest(string_to_array(data ->> 'shown', ',')) AS shown (id)
    WHERE (data ->> 'form') IS NOT NULL AND split_part(subject, ':', 1) <> 'audit'
    ON CONFLICT DO NOTHING;
DELETE FROM audit_about WHERE record LIKE '%/%';
