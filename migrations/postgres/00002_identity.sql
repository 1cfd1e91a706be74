-- The columns have defaults, because the older program still inserts rows until it is replaced.

-- +goose Up
ALTER TABLE users
    ADD COLUMN password_temporary boolean NOT NULL DEFAULT false,
    ADD COLUMN is_active          boolean NOT NULL DEFAULT true,
    ADD COLUMN totp_key           text    NOT NULL DEFAULT '',
    ADD COLUMN totp_confirmed     boolean NOT NULL DEFAULT false,
    ADD COLUMN totp_last_step     bigint  NOT NULL DEFAULT 0,
    -- Ten concatenated SHA-256 hashes. A hash of zero bytes marks a used code.
    ADD COLUMN recovery_hashes    bytea,
    ADD CONSTRAINT users_recovery_hashes_check CHECK (octet_length(recovery_hashes) = 320);

ALTER TABLE sessions
    -- 45 characters hold every IPv6 address as text (INET6_ADDRSTRLEN, RFC 3493, 6.3).
    ADD COLUMN address      varchar(45)  NOT NULL DEFAULT '',
    ADD COLUMN device       varchar(200) NOT NULL DEFAULT '',
    ADD COLUMN last_used_at timestamptz  NOT NULL DEFAULT now();
UPDATE sessions SET last_used_at = created_at;
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- Every instance listens to this notification, to learn about every revocation at once.
-- +goose StatementBegin
CREATE FUNCTION notify_revoked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('healthcare_revoked', NEW.id::text);
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER sessions_revoked AFTER UPDATE OF revoked_at ON sessions
    FOR EACH ROW WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL)
    EXECUTE FUNCTION notify_revoked();

CREATE TABLE attempts (
    key         bytea       NOT NULL,
    count       integer     NOT NULL,
    since       timestamptz,
    until       timestamptz,
    known_until timestamptz,
    expires_at  timestamptz NOT NULL,
    CONSTRAINT attempts_pkey PRIMARY KEY (key),
    CONSTRAINT attempts_key_check CHECK (octet_length(key) = 32)
);
CREATE INDEX attempts_expires_at_idx ON attempts (expires_at);

-- +goose Down
-- The program before this step lets inactive users sign in and does not ask for a second
-- factor.
DROP TABLE attempts;
DROP TRIGGER sessions_revoked ON sessions;
DROP FUNCTION notify_revoked();
DROP INDEX sessions_revoked_at_idx;
ALTER TABLE sessions
    DROP COLUMN address,
    DROP COLUMN device,
    DROP COLUMN last_used_at;
ALTER TABLE users
    DROP COLUMN password_temporary,
    DROP COLUMN is_active,
    DROP COLUMN totp_key,
    DROP COLUMN totp_confirmed,
    DROP COLUMN totp_last_step,
    DROP COLUMN recovery_hashes;
