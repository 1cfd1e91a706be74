-- Versions come under the seals of the trail: the event of a change has a hash of each version
-- that it made, and the version the salt of that hash. Events also get mentions by blocks of
-- records (sqlstore/audit.go), for which the tables are as they were.

-- +goose Up
-- NULL for a version from before.
ALTER TABLE versions ADD COLUMN salt bytea CONSTRAINT versions_salt_check CHECK (octet_length(salt) = 16);

-- +goose Down
-- Without salts nothing shows any more that versions are as they were, and an earlier release
-- takes the events of this one for changed.
ALTER TABLE versions DROP COLUMN salt;
INSERT INTO audit_about (record, event_id)
    SELECT split_part(subject, ':', 1) || ':' || shown.id, audit_events.id
    FROM audit_events CROSS JOIN LATERAL unnest(string_to_array(data ->> 'shown', ',')) AS shown (id)
    WHERE (data ->> 'form') IS NOT NULL AND split_part(subject, ':', 1) <> 'audit'
    ON CONFLICT DO NOTHING;
DELETE FROM audit_about WHERE record LIKE '%/%';
