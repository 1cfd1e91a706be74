-- +goose NO TRANSACTION

-- Each record has a version and times. Patients have an e-mail address and an external id.
-- Earlier programs still work: triggers set the version and the times of what they write.
--
-- The step consists of many small transactions, so that no table is locked for long. If it
-- is interrupted, it can be repeated.

-- +goose Up
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
    -- NULL if the account has not changed since it was created, or since this step.
    ADD COLUMN IF NOT EXISTS updated_at timestamptz;
ALTER TABLE doctors
    ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE patients
    ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS email varchar(254) NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS external_id varchar(100);
ALTER TABLE mappings
    ADD COLUMN IF NOT EXISTS version bigint NOT NULL DEFAULT 1,
    ADD COLUMN IF NOT EXISTS created_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN IF NOT EXISTS updated_at timestamptz NOT NULL DEFAULT now();

-- For earlier programs: the record in their versions has no version number.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stamp_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('
        UPDATE %I
        SET version = $1, updated_at = $2, created_at = CASE
            WHEN $3 IN (''created'', ''restored'') THEN (SELECT at FROM versions WHERE kind = $4 AND record_id = $5 AND number = 1)
            ELSE created_at
        END
        WHERE id = $5', NEW.kind || 's')
    USING NEW.number, NEW.at, NEW.change, NEW.kind, NEW.record_id;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
DROP TRIGGER IF EXISTS versions_stamp ON versions;
CREATE TRIGGER versions_stamp AFTER INSERT ON versions
    FOR EACH ROW WHEN (NEW.change <> 'deleted' AND CAST(NEW.record AS json) ->> 'version' IS NULL)
    EXECUTE FUNCTION stamp_record();

-- For earlier programs, which change an account without its version.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION stamp_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
-- +goose StatementEnd
DROP TRIGGER IF EXISTS users_stamp ON users;
CREATE TRIGGER users_stamp BEFORE UPDATE ON users
    FOR EACH ROW WHEN (NEW.version = OLD.version AND
        (NEW.email, NEW.first_name, NEW.last_name, NEW.phone_number, NEW.phone_number_long, NEW.role, NEW.is_active, NEW.password_temporary, NEW.totp_confirmed)
        IS DISTINCT FROM
        (OLD.email, OLD.first_name, OLD.last_name, OLD.phone_number, OLD.phone_number_long, OLD.role, OLD.is_active, OLD.password_temporary, OLD.totp_confirmed))
    EXECUTE FUNCTION stamp_user();

-- Existing records get the number of their last version, and the times of their first and
-- last ones. A record without versions gets version 1 and the time of this step.
-- +goose StatementBegin
DO $$
DECLARE
    kind  text;
    after bigint;
    upto  bigint;
BEGIN
    FOREACH kind IN ARRAY ARRAY['doctor', 'patient', 'mapping'] LOOP
        after := -9223372036854775808;
        LOOP
            -- Lock the records first, so that no earlier program adds a version of them
            -- before the batch is committed.
            EXECUTE format('
                SELECT max(id)
                FROM (SELECT id FROM %I WHERE id > $1 ORDER BY id LIMIT 1000 FOR NO KEY UPDATE) AS batch', kind || 's')
            INTO upto USING after;
            EXIT WHEN upto IS NULL;
            EXECUTE format('
                UPDATE %I AS record
                SET version = stamp.version, created_at = stamp.created_at, updated_at = stamp.updated_at
                FROM (
                    SELECT live.id, COALESCE(last.number, 1) AS version, COALESCE(first.at, live.created_at) AS created_at,
                        COALESCE(last.at, live.updated_at) AS updated_at
                    FROM %I AS live
                        LEFT JOIN LATERAL (
                            SELECT number, at FROM versions WHERE kind = $1 AND record_id = live.id ORDER BY number DESC LIMIT 1
                        ) AS last ON true
                        LEFT JOIN LATERAL (
                            SELECT at FROM versions WHERE kind = $1 AND record_id = live.id ORDER BY number LIMIT 1
                        ) AS first ON true
                    WHERE live.id > $2 AND live.id <= $3
                ) AS stamp
                WHERE record.id = stamp.id
                    AND (record.version, record.created_at, record.updated_at) IS DISTINCT FROM (stamp.version, stamp.created_at, stamp.updated_at)',
                kind || 's', kind || 's')
            USING kind, after, upto;
            COMMIT;
            after := upto;
        END LOOP;
    END LOOP;
END
$$;
-- +goose StatementEnd

DROP INDEX IF EXISTS patients_external_id_key; -- an interrupted build leaves an invalid index
CREATE UNIQUE INDEX CONCURRENTLY patients_external_id_key ON patients (external_id) WHERE external_id IS NOT NULL;

INSERT INTO compatible_steps (step) VALUES (12) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM compatible_steps WHERE step = 12;
DROP TRIGGER IF EXISTS versions_stamp ON versions;
DROP TRIGGER IF EXISTS users_stamp ON users;
DROP FUNCTION IF EXISTS stamp_record();
DROP FUNCTION IF EXISTS stamp_user();
ALTER TABLE users DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS updated_at;
ALTER TABLE doctors DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS created_at, DROP COLUMN IF EXISTS updated_at;
ALTER TABLE patients DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS created_at, DROP COLUMN IF EXISTS updated_at,
    DROP COLUMN IF EXISTS email, DROP COLUMN IF EXISTS external_id;
ALTER TABLE mappings DROP COLUMN IF EXISTS version, DROP COLUMN IF EXISTS created_at, DROP COLUMN IF EXISTS updated_at;
