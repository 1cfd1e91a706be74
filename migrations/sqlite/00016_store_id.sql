-- The random ID of this store. A file that an export wrote names it, so that an import
-- recognizes the records' IDs. A copy of the database, such as a restored backup, keeps it.

-- +goose Up
CREATE TABLE store_id (
    single INTEGER PRIMARY KEY CHECK (single = 1),
    id     TEXT NOT NULL
) STRICT;
INSERT INTO store_id (single, id) VALUES (1, lower(hex(randomblob(16))));

INSERT INTO compatible_steps (step) VALUES (16);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 16;
DROP TABLE store_id;
