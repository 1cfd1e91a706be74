-- The writes that were done under an idempotency key. A row has hashes of the key and of the
-- request, and the names of the versions that the write made, as a JSON array. content is NULL
-- only in a row that is locked by the transaction that has inserted it.

-- +goose Up
CREATE TABLE idempotency_keys (
    id         BLOB    PRIMARY KEY CHECK (length(id) = 32),
    content    BLOB    CHECK (length(content) = 16),
    versions   TEXT    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX idempotency_keys_expires_at_idx ON idempotency_keys (expires_at);

INSERT INTO compatible_steps (step) VALUES (15);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 15;
DROP TABLE idempotency_keys;
