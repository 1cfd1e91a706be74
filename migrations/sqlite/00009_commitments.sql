-- The seals of the audit trail also protect versions: the event of a change contains a hash of
-- each version that it added, and the version contains the salt of that hash. Events also get
-- mentions of blocks of records (sqlstore/audit.go), which need no change of the tables.

-- +goose Up
-- NULL for an older version.
ALTER TABLE versions ADD COLUMN salt BLOB CHECK (length(salt) = 16);

-- +goose Down
-- Without salts, versions cannot be verified. An older release reports the events of this
-- release as changed.
ALTER TABLE versions DROP COLUMN salt;
INSERT OR IGNORE INTO audit_about (record, event_id)
    SELECT substr(subject, 1, instr(subject || ':', ':') - 1) || ':' || shown.value, audit_events.id
    FROM audit_events, json_each('[' || (data ->> 'shown') || ']') AS shown
    WHERE (data ->> 'form') IS NOT NULL AND subject NOT LIKE 'audit%';
DELETE FROM audit_about WHERE record LIKE '%/%';
