-- All listeners in the database receive a notification, including other installations, whose
-- sessions are in other schemas and can have the same ids. The notification therefore contains
-- the table's OID, which is unique in the database.

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
