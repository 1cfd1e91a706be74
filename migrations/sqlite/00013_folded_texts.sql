-- Records are found and ordered by folded texts. The program computes them (domain.Fold) and
-- writes them together with the record. Earlier programs do not write them: a row is stale if
-- folding or folded_version does not fit. The program folds all stale rows after this step, and
-- every few seconds those that an earlier program writes.

-- +goose Up
ALTER TABLE doctors ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE doctors ADD COLUMN specialization_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE doctors ADD COLUMN license_number_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE doctors ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
-- The rules by which the row was folded (domain.FoldingRules), and the version of the record then.
ALTER TABLE doctors ADD COLUMN folding INTEGER NOT NULL DEFAULT 0;
ALTER TABLE doctors ADD COLUMN folded_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patients ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE patients ADD COLUMN phone_digits TEXT NOT NULL DEFAULT '';
ALTER TABLE patients ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE patients ADD COLUMN folding INTEGER NOT NULL DEFAULT 0;
ALTER TABLE patients ADD COLUMN folded_version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN last_name_folded TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN search_text TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN folding INTEGER NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN folded_version INTEGER NOT NULL DEFAULT 0;

-- They lead to the stale rows.
CREATE INDEX doctors_stale_idx ON doctors (id) WHERE folding < 1 OR folded_version <> version;
CREATE INDEX patients_stale_idx ON patients (id) WHERE folding < 1 OR folded_version <> version;
CREATE INDEX users_stale_idx ON users (id) WHERE folding < 1 OR folded_version <> version;

-- The index for searches. Its tokens are all pieces of 1, 2, 3 and 5 letters of search_text, and the
-- date of birth at its end, which has the only hyphens. They are written in hexadecimal, because
-- the tokenizer would split them at spaces and punctuation. With contentless_delete, a row can be
-- deleted without knowing its text.
CREATE VIRTUAL TABLE doctors_search USING fts5 (pieces, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
CREATE VIRTUAL TABLE patients_search USING fts5 (pieces, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');
CREATE VIRTUAL TABLE users_search USING fts5 (pieces, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii');

-- The triggers number the letters of the text with json_each, from an array of as many zeros.
-- +goose StatementBegin
CREATE TRIGGER doctors_search_insert AFTER INSERT ON doctors
BEGIN
    INSERT OR REPLACE INTO doctors_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER doctors_search_update AFTER UPDATE OF search_text ON doctors
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR REPLACE INTO doctors_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER doctors_search_delete AFTER DELETE ON doctors
BEGIN
    DELETE FROM doctors_search WHERE rowid = OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER patients_search_insert AFTER INSERT ON patients
BEGIN
    INSERT OR REPLACE INTO patients_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER patients_search_update AFTER UPDATE OF search_text ON patients
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR REPLACE INTO patients_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER patients_search_delete AFTER DELETE ON patients
BEGIN
    DELETE FROM patients_search WHERE rowid = OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_insert AFTER INSERT ON users
BEGIN
    INSERT OR REPLACE INTO users_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_update AFTER UPDATE OF search_text ON users
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR REPLACE INTO users_search (rowid, pieces)
    SELECT NEW.id, group_concat(
        hex(substr(NEW.search_text, key + 1, 1)) || ' ' || hex(substr(NEW.search_text, key + 1, 2)) || ' ' ||
        hex(substr(NEW.search_text, key + 1, 3)) || ' ' || hex(substr(NEW.search_text, key + 1, 5)), ' ')
        || CASE substr(NEW.search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(NEW.search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(NEW.search_text))), '00', '0,'), ',') || ']');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_delete AFTER DELETE ON users
BEGIN
    DELETE FROM users_search WHERE rowid = OLD.id;
END;
-- +goose StatementEnd

INSERT INTO compatible_steps (step) VALUES (13);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 13;
DROP TRIGGER doctors_search_insert;
DROP TRIGGER doctors_search_update;
DROP TRIGGER doctors_search_delete;
DROP TABLE doctors_search;
DROP INDEX doctors_stale_idx;
DROP TRIGGER patients_search_insert;
DROP TRIGGER patients_search_update;
DROP TRIGGER patients_search_delete;
DROP TABLE patients_search;
DROP INDEX patients_stale_idx;
DROP TRIGGER users_search_insert;
DROP TRIGGER users_search_update;
DROP TRIGGER users_search_delete;
DROP TABLE users_search;
DROP INDEX users_stale_idx;
ALTER TABLE doctors DROP COLUMN name_folded;
ALTER TABLE doctors DROP COLUMN specialization_folded;
ALTER TABLE doctors DROP COLUMN license_number_folded;
ALTER TABLE doctors DROP COLUMN search_text;
ALTER TABLE doctors DROP COLUMN folding;
ALTER TABLE doctors DROP COLUMN folded_version;
ALTER TABLE patients DROP COLUMN name_folded;
ALTER TABLE patients DROP COLUMN phone_digits;
ALTER TABLE patients DROP COLUMN search_text;
ALTER TABLE patients DROP COLUMN folding;
ALTER TABLE patients DROP COLUMN folded_version;
ALTER TABLE users DROP COLUMN last_name_folded;
ALTER TABLE users DROP COLUMN search_text;
ALTER TABLE users DROP COLUMN folding;
ALTER TABLE users DROP COLUMN folded_version;
