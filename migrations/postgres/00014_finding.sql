-- +goose NO TRANSACTION

-- Indexes for finding and ordering records. Earlier programs can write while they are
-- built. If the step is interrupted, it can be repeated: an interrupted build leaves an invalid
-- index.

-- +goose Up
DROP INDEX IF EXISTS doctors_name_folded_id_idx;
CREATE INDEX CONCURRENTLY doctors_name_folded_id_idx ON doctors (name_folded, id);
DROP INDEX IF EXISTS doctors_specialization_folded_id_idx;
CREATE INDEX CONCURRENTLY doctors_specialization_folded_id_idx ON doctors (specialization_folded, id);
DROP INDEX IF EXISTS doctors_license_number_folded_id_idx;
CREATE INDEX CONCURRENTLY doctors_license_number_folded_id_idx ON doctors (license_number_folded, id);
DROP INDEX IF EXISTS doctors_joined_at_id_idx;
CREATE INDEX CONCURRENTLY doctors_joined_at_id_idx ON doctors (joined_at, id);
DROP INDEX IF EXISTS doctors_created_at_id_idx;
CREATE INDEX CONCURRENTLY doctors_created_at_id_idx ON doctors (created_at, id);
DROP INDEX IF EXISTS doctors_updated_at_id_idx;
CREATE INDEX CONCURRENTLY doctors_updated_at_id_idx ON doctors (updated_at, id);
DROP INDEX IF EXISTS patients_name_folded_id_idx;
CREATE INDEX CONCURRENTLY patients_name_folded_id_idx ON patients (name_folded, id);
-- Absent dates order as the last day.
DROP INDEX IF EXISTS patients_date_of_birth_id_idx;
CREATE INDEX CONCURRENTLY patients_date_of_birth_id_idx ON patients (COALESCE(date_of_birth, '9999-12-31'), id);
DROP INDEX IF EXISTS patients_created_at_id_idx;
CREATE INDEX CONCURRENTLY patients_created_at_id_idx ON patients (created_at, id);
DROP INDEX IF EXISTS patients_updated_at_id_idx;
CREATE INDEX CONCURRENTLY patients_updated_at_id_idx ON patients (updated_at, id);
DROP INDEX IF EXISTS patients_created_by_id_idx;
CREATE INDEX CONCURRENTLY patients_created_by_id_idx ON patients (created_by, id);
DROP INDEX IF EXISTS patients_email_id_idx;
CREATE INDEX CONCURRENTLY patients_email_id_idx ON patients (email, id) WHERE email <> '';
DROP INDEX IF EXISTS patients_phone_digits_id_idx;
CREATE INDEX CONCURRENTLY patients_phone_digits_id_idx ON patients (phone_digits, id) WHERE phone_digits <> '';
DROP INDEX IF EXISTS mappings_assigned_at_id_idx;
CREATE INDEX CONCURRENTLY mappings_assigned_at_id_idx ON mappings (assigned_at, id);
DROP INDEX IF EXISTS users_last_name_folded_id_idx;
CREATE INDEX CONCURRENTLY users_last_name_folded_id_idx ON users (last_name_folded, id);

-- A record has some 300 pieces. New ones wait in a list, from which they are added to the index
-- many at a time. Searches read the list too, so it must be short.
DROP INDEX IF EXISTS doctors_search_idx;
CREATE INDEX CONCURRENTLY doctors_search_idx ON doctors USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
DROP INDEX IF EXISTS patients_search_idx;
CREATE INDEX CONCURRENTLY patients_search_idx ON patients USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);
DROP INDEX IF EXISTS users_search_idx;
CREATE INDEX CONCURRENTLY users_search_idx ON users USING gin (search_pieces(search_text)) WITH (gin_pending_list_limit = 256);

-- The planner must know which pieces are frequent.
ANALYZE doctors, patients, mappings, users;

INSERT INTO compatible_steps (step) VALUES (14) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM compatible_steps WHERE step = 14;
DROP INDEX IF EXISTS doctors_name_folded_id_idx;
DROP INDEX IF EXISTS doctors_specialization_folded_id_idx;
DROP INDEX IF EXISTS doctors_license_number_folded_id_idx;
DROP INDEX IF EXISTS doctors_joined_at_id_idx;
DROP INDEX IF EXISTS doctors_created_at_id_idx;
DROP INDEX IF EXISTS doctors_updated_at_id_idx;
DROP INDEX IF EXISTS patients_name_folded_id_idx;
DROP INDEX IF EXISTS patients_date_of_birth_id_idx;
DROP INDEX IF EXISTS patients_created_at_id_idx;
DROP INDEX IF EXISTS patients_updated_at_id_idx;
DROP INDEX IF EXISTS patients_created_by_id_idx;
DROP INDEX IF EXISTS patients_email_id_idx;
DROP INDEX IF EXISTS patients_phone_digits_id_idx;
DROP INDEX IF EXISTS mappings_assigned_at_id_idx;
DROP INDEX IF EXISTS users_last_name_folded_id_idx;
DROP INDEX IF EXISTS doctors_search_idx;
DROP INDEX IF EXISTS patients_search_idx;
DROP INDEX IF EXISTS users_search_idx;
