-- The refresh token that was used last, and its successor, which is encrypted so that only the
-- holder of the used token can read it.

-- +goose Up
ALTER TABLE sessions ADD COLUMN spent_hash BLOB CHECK (length(spent_hash) = 32);
ALTER TABLE sessions ADD COLUMN spent_at INTEGER;
ALTER TABLE sessions ADD COLUMN successor BLOB CHECK (length(successor) = 48);

-- +goose Down
ALTER TABLE sessions DROP COLUMN successor;
ALTER TABLE sessions DROP COLUMN spent_at;
ALTER TABLE sessions DROP COLUMN spent_hash;
