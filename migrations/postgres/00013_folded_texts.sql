-- +goose NO TRANSACTION

-- Records are found and ordered by folded texts. The program computes them (domain.Fold) and
-- writes them together with the record. Earlier programs do not write them: a row is stale if
-- folding or folded_version does not fit. The program folds all stale rows after this step, and
-- every few seconds those that an earlier program writes.
--
-- If the step is interrupted, it can be repeated.

-- +goose Up
ALTER TABLE doctors
    ADD COLUMN IF NOT EXISTS name_folded text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS specialization_folded text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS license_number_folded text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS search_text text COLLATE "C" NOT NULL DEFAULT '',
    -- The rules by which the row was folded (domain.FoldingRules), and the version of the record then.
    ADD COLUMN IF NOT EXISTS folding smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS folded_version bigint NOT NULL DEFAULT 0;
ALTER TABLE patients
    ADD COLUMN IF NOT EXISTS name_folded text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS phone_digits text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS search_text text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS folding smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS folded_version bigint NOT NULL DEFAULT 0;
ALTER TABLE users
    ADD COLUMN IF NOT EXISTS last_name_folded text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS search_text text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN IF NOT EXISTS folding smallint NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS folded_version bigint NOT NULL DEFAULT 0;

-- They lead to the stale rows. An interrupted build leaves an invalid index.
DROP INDEX IF EXISTS doctors_stale_idx;
CREATE INDEX CONCURRENTLY doctors_stale_idx ON doctors (id) WHERE folding < 1 OR folded_version <> version;
DROP INDEX IF EXISTS patients_stale_idx;
CREATE INDEX CONCURRENTLY patients_stale_idx ON patients (id) WHERE folding < 1 OR folded_version <> version;
DROP INDEX IF EXISTS users_stale_idx;
CREATE INDEX CONCURRENTLY users_stale_idx ON users (id) WHERE folding < 1 OR folded_version <> version;

-- The pieces of a search text that searches look up: all of 1, 2, 3 and 5 letters, and the date of
-- birth at its end, which has the only hyphens. Evaluating it for many rows is slow, which the
-- planner must know. It is not PARALLEL SAFE, because the high cost would make the
-- planner start workers for small searches.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_pieces(search_text text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT COST 1000
RETURN ARRAY(
    SELECT substr(search_text, n, size) FROM generate_series(1, length(search_text)) AS n, (VALUES (1), (2), (3), (5)) AS sizes (size)
) || CASE "left"("right"(search_text, 3), 1) WHEN '-' THEN ARRAY["right"(search_text, 10)] END;
-- +goose StatementEnd
-- Earlier programs call it when they write. It is the default, which can be changed.
GRANT EXECUTE ON FUNCTION search_pieces(text) TO PUBLIC;

INSERT INTO compatible_steps (step) VALUES (13) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM compatible_steps WHERE step = 13;
DROP FUNCTION IF EXISTS search_pieces(text);
DROP INDEX IF EXISTS doctors_stale_idx;
DROP INDEX IF EXISTS patients_stale_idx;
DROP INDEX IF EXISTS users_stale_idx;
ALTER TABLE doctors DROP COLUMN IF EXISTS name_folded, DROP COLUMN IF EXISTS specialization_folded, DROP COLUMN IF EXISTS license_number_folded, DROP COLUMN IF EXISTS search_text, DROP COLUMN IF EXISTS folding, DROP COLUMN IF EXISTS folded_version;
ALTER TABLE patients DROP COLUMN IF EXISTS name_folded, DROP COLUMN IF EXISTS phone_digits, DROP COLUMN IF EXISTS search_text, DROP COLUMN IF EXISTS folding, DROP COLUMN IF EXISTS folded_version;
ALTER TABLE users DROP COLUMN IF EXISTS last_name_folded, DROP COLUMN IF EXISTS search_text, DROP COLUMN IF EXISTS folding, DROP COLUMN IF EXISTS folded_version;
