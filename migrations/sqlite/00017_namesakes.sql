-- For finding patients with a name and a birth date.

-- +goose Up
CREATE INDEX patients_date_of_birth_name_folded_idx ON patients (date_of_birth, name_folded) WHERE date_of_birth IS NOT NULL;

INSERT INTO compatible_steps (step) VALUES (17);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 17;
DROP INDEX patients_date_of_birth_name_folded_idx;
