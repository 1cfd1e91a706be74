-- Notifications go to all that listen in the database, and so to other installations,
-- which are in other schemas and have sessions with the same numbers. What says whose
-- session it was is the number of the table: no other table of the database has it.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION notify_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('healthcare_revoked', concat_ws(' ', TG_RELID, NEW.id));
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION notify_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('healthcare_revoked', NEW.id::text);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
