-- Which steps older programs can go on with. A program refuses a schema with a step that
-- it does not know, unless that step is in here: so a step that names itself here lets
-- instances of both versions run beside each other while they are replaced.

-- +goose Up
CREATE TABLE compatible_steps (
    step bigint NOT NULL,
    CONSTRAINT compatible_steps_pkey PRIMARY KEY (step)
);

-- +goose Down
DROP TABLE compatible_steps;
