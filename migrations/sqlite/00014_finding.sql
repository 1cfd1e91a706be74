-- Indexes for finding and ordering records. Absent dates of birth order as the last day.

-- +goose Up
CREATE INDEX doctors_name_folded_id_idx ON doctors (name_folded, id);
CREATE INDEX doctors_specialization_folded_id_idx ON doctors (specialization_folded, id);
CREATE INDEX doctors_license_number_folded_id_idx ON doctors (license_number_folded, id);
CREATE INDEX doctors_joined_at_id_idx ON doctors (joined_at, id);
CREATE INDEX doctors_created_at_id_idx ON doctors (created_at, id);
CREATE INDEX doctors_updated_at_id_idx ON doctors (updated_at, id);
CREATE INDEX patients_name_folded_id_idx ON patients (name_folded, id);
CREATE INDEX patients_date_of_birth_id_idx ON patients (COALESCE(date_of_birth, '9999-12-31'), id);
CREATE INDEX patients_created_at_id_idx ON patients (created_at, id);
CREATE INDEX patients_updated_at_id_idx ON patients (updated_at, id);
CREATE INDEX patients_created_by_id_idx ON patients (created_by, id);
CREATE INDEX patients_email_id_idx ON patients (email, id) WHERE email <> '';
CREATE INDEX patients_phone_digits_id_idx ON patients (phone_digits, id) WHERE phone_digits <> '';
CREATE INDEX mappings_assigned_at_id_idx ON mappings (assigned_at, id);
CREATE INDEX users_last_name_folded_id_idx ON users (last_name_folded, id);

INSERT INTO compatible_steps (step) VALUES (14);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 14;
DROP INDEX doctors_name_folded_id_idx;
DROP INDEX doctors_specialization_folded_id_idx;
DROP INDEX doctors_license_number_folded_id_idx;
DROP INDEX doctors_joined_at_id_idx;
DROP INDEX doctors_created_at_id_idx;
DROP INDEX doctors_updated_at_id_idx;
DROP INDEX patients_name_folded_id_idx;
DROP INDEX patients_date_of_birth_id_idx;
DROP INDEX patients_created_at_id_idx;
DROP INDEX patients_updated_at_id_idx;
DROP INDEX patients_created_by_id_idx;
DROP INDEX patients_email_id_idx;
DROP INDEX patients_phone_digits_id_idx;
DROP INDEX mappings_assigned_at_id_idx;
DROP INDEX users_last_name_folded_id_idx;
