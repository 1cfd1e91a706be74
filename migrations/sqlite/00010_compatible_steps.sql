-- Which steps older programs can go on with. A program refuses a schema with a step that
-- it does not know, unless that step is in here.

-- +goose Up
CREATE TABLE compatible_steps (
    step INTEGER PRIMARY KEY
) STRICT;

-- +goose Down
DROP TABLE compatible_steps;
