-- The refresh token that was used last, and its successor, which is encrypted so that only the
-- holder of the used token can read it.

-- +goose Up
ALTER TABLE sessions
    ADD COLUMN spent_hash bytea CONSTRAINT sessions_spent_hash_check CHECK (octet_length(spent_hash) = 32),
    ADD COLUMN spent_at timestamptz,
    ADD COLUMN successor bytea CONSTRAINT sessions_successor_check CHECK (octet_length(successor) = 48);

-- +goose Down
ALTER TABLE sessions
    DROP COLUMN successor,
    DROP COLUMN spent_at,
    DROP COLUMN spent_hash;
