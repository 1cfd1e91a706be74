-- Only PostgreSQL computes pieces of search texts in SQL. The steps have the same numbers on
-- both engines.

-- +goose Up
INSERT INTO compatible_steps (step) VALUES (18);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 18;
