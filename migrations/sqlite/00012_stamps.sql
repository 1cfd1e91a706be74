-- Each record has a version and times. Patients have an e-mail address and an external id.
-- Earlier programs still work: triggers set the version and the times of what they write.

-- +goose Up
ALTER TABLE users ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
-- NULL if the account has not changed since it was created, or since this step.
ALTER TABLE users ADD COLUMN updated_at INTEGER;
-- The trigger sets the times of rows that an earlier program inserts.
ALTER TABLE doctors ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE doctors ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE doctors ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patients ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE patients ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patients ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mappings ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE mappings ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mappings ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patients ADD COLUMN email TEXT NOT NULL DEFAULT '' CHECK (length(email) <= 254);
ALTER TABLE patients ADD COLUMN external_id TEXT CHECK (length(external_id) <= 100);
CREATE UNIQUE INDEX patients_external_id_key ON patients (external_id) WHERE external_id IS NOT NULL;

-- For earlier programs: the record in their versions has no version number.
-- +goose StatementBegin
CREATE TRIGGER versions_stamp AFTER INSERT ON versions
WHEN NEW.change <> 'deleted' AND NEW.record ->> 'version' IS NULL
BEGIN
    UPDATE doctors SET
        version = NEW.number,
        updated_at = NEW.at,
        created_at = CASE
            WHEN NEW.change IN ('created', 'restored') THEN (SELECT at FROM versions WHERE kind = NEW.kind AND record_id = NEW.record_id AND number = 1)
            ELSE created_at
        END
    WHERE NEW.kind = 'doctor' AND id = NEW.record_id;
    UPDATE patients SET
        version = NEW.number,
        updated_at = NEW.at,
        created_at = CASE
            WHEN NEW.change IN ('created', 'restored') THEN (SELECT at FROM versions WHERE kind = NEW.kind AND record_id = NEW.record_id AND number = 1)
            ELSE created_at
        END
    WHERE NEW.kind = 'patient' AND id = NEW.record_id;
    UPDATE mappings SET
        version = NEW.number,
        updated_at = NEW.at,
        created_at = CASE
            WHEN NEW.change IN ('created', 'restored') THEN (SELECT at FROM versions WHERE kind = NEW.kind AND record_id = NEW.record_id AND number = 1)
            ELSE created_at
        END
    WHERE NEW.kind = 'mapping' AND id = NEW.record_id;
END;
-- +goose StatementEnd

-- For earlier programs, which change an account without its version.
-- +goose StatementBegin
CREATE TRIGGER users_stamp AFTER UPDATE ON users
WHEN NEW.version = OLD.version AND
    (NEW.email, NEW.first_name, NEW.last_name, NEW.phone_number, NEW.phone_number_long, NEW.role, NEW.is_active, NEW.password_temporary, NEW.totp_confirmed)
    IS NOT
    (OLD.email, OLD.first_name, OLD.last_name, OLD.phone_number, OLD.phone_number_long, OLD.role, OLD.is_active, OLD.password_temporary, OLD.totp_confirmed)
BEGIN
    UPDATE users SET version = version + 1, updated_at = unixepoch() * 1000000 WHERE id = NEW.id;
END;
-- +goose StatementEnd

-- Existing records get the number of their last version, and the times of their first and
-- last ones. A record without versions gets version 1 and the time of this step.
UPDATE doctors SET
    version = COALESCE((SELECT max(number) FROM versions WHERE kind = 'doctor' AND record_id = doctors.id), 1),
    created_at = COALESCE((SELECT at FROM versions WHERE kind = 'doctor' AND record_id = doctors.id ORDER BY number LIMIT 1), unixepoch() * 1000000),
    updated_at = COALESCE((SELECT at FROM versions WHERE kind = 'doctor' AND record_id = doctors.id ORDER BY number DESC LIMIT 1), unixepoch() * 1000000);
UPDATE patients SET
    version = COALESCE((SELECT max(number) FROM versions WHERE kind = 'patient' AND record_id = patients.id), 1),
    created_at = COALESCE((SELECT at FROM versions WHERE kind = 'patient' AND record_id = patients.id ORDER BY number LIMIT 1), unixepoch() * 1000000),
    updated_at = COALESCE((SELECT at FROM versions WHERE kind = 'patient' AND record_id = patients.id ORDER BY number DESC LIMIT 1), unixepoch() * 1000000);
UPDATE mappings SET
    version = COALESCE((SELECT max(number) FROM versions WHERE kind = 'mapping' AND record_id = mappings.id), 1),
    created_at = COALESCE((SELECT at FROM versions WHERE kind = 'mapping' AND record_id = mappings.id ORDER BY number LIMIT 1), unixepoch() * 1000000),
    updated_at = COALESCE((SELECT at FROM versions WHERE kind = 'mapping' AND record_id = mappings.id ORDER BY number DESC LIMIT 1), unixepoch() * 1000000);

INSERT INTO compatible_steps (step) VALUES (12);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 12;
DROP TRIGGER versions_stamp;
DROP TRIGGER users_stamp;
DROP INDEX patients_external_id_key;
ALTER TABLE patients DROP COLUMN external_id;
ALTER TABLE patients DROP COLUMN email;
ALTER TABLE doctors DROP COLUMN version;
ALTER TABLE doctors DROP COLUMN created_at;
ALTER TABLE doctors DROP COLUMN updated_at;
ALTER TABLE patients DROP COLUMN version;
ALTER TABLE patients DROP COLUMN created_at;
ALTER TABLE patients DROP COLUMN updated_at;
ALTER TABLE mappings DROP COLUMN version;
ALTER TABLE mappings DROP COLUMN created_at;
ALTER TABLE mappings DROP COLUMN updated_at;
ALTER TABLE users DROP COLUMN version;
ALTER TABLE users DROP COLUMN updated_at;
