-- Nothing here refers to another table: versions outlive the records that they are
-- of. Nothing is ever changed; what is deleted for good is what was purged.

-- +goose Up
CREATE TABLE versions (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- NULL is for the command line, and for what was found.
    user_id   INTEGER,
    role      TEXT    NOT NULL CHECK (role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    change    TEXT    NOT NULL CHECK (change IN ('created', 'updated', 'deleted', 'restored', 'found')),
    with_kind TEXT    CHECK (length(with_kind) <= 20),
    with_id   INTEGER,
    -- How many bytes of the record have no tight bound.
    free_text INTEGER NOT NULL,
    -- A JSON object with a member for each column of the record. One that is missing
    -- was not there yet.
    record    TEXT    NOT NULL,
    PRIMARY KEY (kind, record_id, number)
) STRICT;

-- Leads to the last versions of the records that are deleted, and holds what they are
-- looked for by.
CREATE TABLE deletions (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    with_kind TEXT    CHECK (length(with_kind) <= 20),
    with_id   INTEGER,
    free_text INTEGER NOT NULL,
    PRIMARY KEY (kind, record_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deletions_kind_at_record_id_idx ON deletions (kind, at, record_id);
CREATE INDEX deletions_with_kind_with_id_kind_record_id_idx ON deletions (with_kind, with_id, kind, record_id)
    WHERE with_id IS NOT NULL;

-- +goose Down
-- What was deleted cannot be restored any more.
DROP TABLE deletions;
DROP TABLE versions;
