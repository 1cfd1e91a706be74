-- Updates that share a transaction put rows into the search indexes together, before the COMMIT:
-- FTS5 writes what it has in memory at every savepoint, each time as another part of the index,
-- which must be merged with others later. A row of kind '' in pending_search_rows tells the
-- triggers to note rows there. The program indexes the noted rows and deletes the notes and that
-- row in the same transaction, so the table is empty for everyone else. Earlier programs write no
-- such row, so the triggers index their rows at once.

-- +goose Up
CREATE TABLE pending_search_rows (
    kind TEXT NOT NULL, -- the name of a table
    id   INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

-- What the index holds of each row (see step 13).
CREATE VIEW doctors_pieces (id, pieces) AS
SELECT id, (
    SELECT group_concat(
        hex(substr(search_text, key + 1, 1)) || ' ' || hex(substr(search_text, key + 1, 2)) || ' ' ||
        hex(substr(search_text, key + 1, 3)) || ' ' || hex(substr(search_text, key + 1, 5)), ' ')
        || CASE substr(search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(search_text))), '00', '0,'), ',') || ']')
) FROM doctors;
DROP TRIGGER doctors_search_insert;
DROP TRIGGER doctors_search_update;
-- +goose StatementBegin
CREATE TRIGGER doctors_search_insert AFTER INSERT ON doctors
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'doctors', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO doctors_search (rowid, pieces)
    SELECT id, pieces FROM doctors_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER doctors_search_update AFTER UPDATE OF search_text ON doctors
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'doctors', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO doctors_search (rowid, pieces)
    SELECT id, pieces FROM doctors_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd

-- What the index holds of each row (see step 13).
CREATE VIEW patients_pieces (id, pieces) AS
SELECT id, (
    SELECT group_concat(
        hex(substr(search_text, key + 1, 1)) || ' ' || hex(substr(search_text, key + 1, 2)) || ' ' ||
        hex(substr(search_text, key + 1, 3)) || ' ' || hex(substr(search_text, key + 1, 5)), ' ')
        || CASE substr(search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(search_text))), '00', '0,'), ',') || ']')
) FROM patients;
DROP TRIGGER patients_search_insert;
DROP TRIGGER patients_search_update;
-- +goose StatementBegin
CREATE TRIGGER patients_search_insert AFTER INSERT ON patients
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'patients', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO patients_search (rowid, pieces)
    SELECT id, pieces FROM patients_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER patients_search_update AFTER UPDATE OF search_text ON patients
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'patients', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO patients_search (rowid, pieces)
    SELECT id, pieces FROM patients_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd

-- What the index holds of each row (see step 13).
CREATE VIEW users_pieces (id, pieces) AS
SELECT id, (
    SELECT group_concat(
        hex(substr(search_text, key + 1, 1)) || ' ' || hex(substr(search_text, key + 1, 2)) || ' ' ||
        hex(substr(search_text, key + 1, 3)) || ' ' || hex(substr(search_text, key + 1, 5)), ' ')
        || CASE substr(search_text, -3, 1) WHEN '-' THEN ' ' || hex(substr(search_text, -10)) ELSE '' END
    FROM json_each('[' || rtrim(replace(hex(zeroblob(length(search_text))), '00', '0,'), ',') || ']')
) FROM users;
DROP TRIGGER users_search_insert;
DROP TRIGGER users_search_update;
-- +goose StatementBegin
CREATE TRIGGER users_search_insert AFTER INSERT ON users
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'users', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO users_search (rowid, pieces)
    SELECT id, pieces FROM users_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER users_search_update AFTER UPDATE OF search_text ON users
WHEN NEW.search_text <> OLD.search_text
BEGIN
    INSERT OR IGNORE INTO pending_search_rows (kind, id)
    SELECT 'users', NEW.id WHERE EXISTS (SELECT 1 FROM pending_search_rows);
    INSERT OR REPLACE INTO users_search (rowid, pieces)
    SELECT id, pieces FROM users_pieces WHERE id = NEW.id AND NOT EXISTS (SELECT 1 FROM pending_search_rows);
END;
-- +goose StatementEnd

INSERT INTO compatible_steps (step) VALUES (20);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 20;
DROP TABLE pending_search_rows;
DROP TRIGGER doctors_search_insert;
DROP TRIGGER doctors_search_update;
DROP VIEW doctors_pieces;
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
DROP TRIGGER patients_search_insert;
DROP TRIGGER patients_search_update;
DROP VIEW patients_pieces;
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
DROP TRIGGER users_search_insert;
DROP TRIGGER users_search_update;
DROP VIEW users_pieces;
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
