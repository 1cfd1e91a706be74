-- FTS5 merges parts of its index in the transaction in which the index has grown by another 64
-- pages, and writes some hundred pages then. Other writers wait for that transaction. With pages of
-- 1000 bytes instead of 4050, the default, a merge writes a quarter as much, and the slowest
-- transactions take about half as long. Existing pages keep their size until they are merged.

-- +goose Up
INSERT INTO doctors_search (doctors_search, rank) VALUES ('pgsz', 1000);
INSERT INTO patients_search (patients_search, rank) VALUES ('pgsz', 1000);
INSERT INTO users_search (users_search, rank) VALUES ('pgsz', 1000);

INSERT INTO compatible_steps (step) VALUES (21);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 21;
INSERT INTO doctors_search (doctors_search, rank) VALUES ('pgsz', 4050);
INSERT INTO patients_search (patients_search, rank) VALUES ('pgsz', 4050);
INSERT INTO users_search (users_search, rank) VALUES ('pgsz', 4050);
