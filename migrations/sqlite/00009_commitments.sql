-- Versions come under the seals of the trail: the event of a change has a hash of each version
-- that it made, and the version the salt of that hash. Events also get mentions by blocks of
-- records (sqlstore/audit.go), for which the tables are as they were.

-- +goose Up
-- NULL for a version from before.
ALTER TABLE versions ADD COLUMN salt BLOB CHECK (length(salt) = 16);

-- +goose Down
-- Without salts nothing shows any more that versions are as they were, and an earlier release
-- takes the events of this one for changed.
ALTER TABLE versions DROP COLUMN salt;
INSERT OR IGNORE INTO audit_about (record, event_id)
    SELECT substr(subject, 1, instr(subject || ':', ':') - 1) || ':' || shown.value, audit_events.id
    FROM audit_events, json_each('[' || (data ->> 'shown') || ']') AS shown
    WHERE (data ->> 'form') IS NOT NULL AND subject NOT LIKE 'audit%';
DELETE FROM audit_about WHERE record LIKE '%/%';
