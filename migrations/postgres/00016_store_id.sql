-- The random ID of this store. A file that an export wrote names it, so that an import
-- recognizes the records' IDs. A copy of the database, such as a restored backup, keeps it.

-- +goose Up
CREATE TABLE store_id (
    single integer NOT NULL,
    id     text    NOT NULL,
    CONSTRAINT store_id_pkey PRIMARY KEY (single),
    CONSTRAINT store_id_single_check CHECK (single = 1)
);
INSERT INTO store_id (single, id) VALUES (1, replace(gen_random_uuid()::text, '-', ''));

INSERT INTO compatible_steps (step) VALUES (16);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 16;
DROP TABLE store_id;
