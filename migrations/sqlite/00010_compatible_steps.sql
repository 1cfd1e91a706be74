-- The steps that older programs can work with. A program refuses a schema with a step that it
-- does not know, unless the step is in this table.

-- +goose Up
CREATE TABLE compatible_steps (
    step INTEGER PRIMARY KEY
) STRICT;

-- +goose Down
DROP TABLE compatible_steps;
