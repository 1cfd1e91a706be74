-- These tables have no foreign keys, because versions outlive their records. Versions are never
-- changed. Only a purge deletes them.

-- +goose Up
CREATE TABLE versions (
    kind      TEXT    NOT NULL CHECK (length(kind) <= 20),
    record_id INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    -- NULL for the command line, and for records that existed before there were versions.
    user_id   INTEGER,
    role      TEXT    NOT NULL CHECK (role IN ('', 'ADMIN', 'STAFF', 'OPERATOR')),
    change    TEXT    NOT NULL CHECK (change IN ('created', 'updated', 'deleted', 'restored', 'found')),
    with_kind TEXT    CHECK (length(with_kind) <= 20),
    with_id   INTEGER,
    -- The number of bytes in the record's long texts (domain.TextBytes).
    free_text INTEGER NOT NULL,
    -- A JSON object with a member for each column of the record. Columns that were added
    -- later are missing.
    record    TEXT    NOT NULL,
    PRIMARY KEY (kind, record_id, number)
) STRICT;

-- Leads to the last versions of deleted records, and holds the columns by which they are searched.
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
-- Deleted records can then not be restored.
DROP TABLE deletions;
DROP TABLE versions;
