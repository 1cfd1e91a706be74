-- SQLite can add a NOT NULL column only with a constant default.

-- +goose Up
ALTER TABLE users ADD COLUMN password_temporary INTEGER NOT NULL DEFAULT 0 CHECK (password_temporary IN (0, 1));
ALTER TABLE users ADD COLUMN is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1));
ALTER TABLE users ADD COLUMN totp_key TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN totp_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (totp_confirmed IN (0, 1));
ALTER TABLE users ADD COLUMN totp_last_step INTEGER NOT NULL DEFAULT 0;
-- Ten concatenated SHA-256 hashes. A hash of zero bytes marks a used code.
ALTER TABLE users ADD COLUMN recovery_hashes BLOB CHECK (length(recovery_hashes) = 320);

-- 45 characters hold every IPv6 address as text (INET6_ADDRSTRLEN, RFC 3493, 6.3).
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT '' CHECK (length(address) <= 45);
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '' CHECK (length(device) <= 200);
ALTER TABLE sessions ADD COLUMN last_used_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET last_used_at = created_at;
CREATE INDEX sessions_revoked_at_idx ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE attempts (
    key         BLOB    PRIMARY KEY CHECK (length(key) = 32),
    count       INTEGER NOT NULL,
    since       INTEGER,
    until       INTEGER,
    known_until INTEGER,
    expires_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX attempts_expires_at_idx ON attempts (expires_at);

-- +goose Down
-- The program before this step lets inactive users sign in and does not ask for a second
-- factor.
DROP TABLE attempts;
DROP INDEX sessions_revoked_at_idx;
ALTER TABLE sessions DROP COLUMN address;
ALTER TABLE sessions DROP COLUMN device;
ALTER TABLE sessions DROP COLUMN last_used_at;
ALTER TABLE users DROP COLUMN password_temporary;
ALTER TABLE users DROP COLUMN is_active;
ALTER TABLE users DROP COLUMN totp_key;
ALTER TABLE users DROP COLUMN totp_confirmed;
ALTER TABLE users DROP COLUMN totp_last_step;
ALTER TABLE users DROP COLUMN recovery_hashes;
