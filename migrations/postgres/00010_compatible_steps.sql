-- The steps that older programs can work with. A program refuses a schema with a step that it
-- does not know, unless the step is in this table. A step that adds itself here lets instances
-- of both versions run at the same time while they are replaced.

-- +goose Up
CREATE TABLE compatible_steps (
    step bigint NOT NULL,
    CONSTRAINT compatible_steps_pkey PRIMARY KEY (step)
);

-- +goose Down
DROP TABLE compatible_steps;
