-- Indexes that keep lists as fast in a large clinic as in a small one. The lists of the audit
-- trail by time of an earlier program are slow after this step.

-- +goose Up
-- The lowest and the highest ID of a minute are found without reading its events.
CREATE INDEX audit_events_minute_id_idx ON audit_events (at / 60000000, id);
DROP INDEX audit_events_at_idx;
CREATE INDEX audit_events_actor_action_id_idx ON audit_events ((CAST(actor_id AS text) || ' ' || (data ->> 'action')), id);
-- The patients of a doctor in the order of their IDs, and the mappings of a patient in the order of theirs.
CREATE INDEX mappings_doctor_id_patient_id_idx ON mappings (doctor_id, patient_id);
CREATE INDEX mappings_patient_id_id_idx ON mappings (patient_id, id);
CREATE INDEX patients_gender_id_idx ON patients (COALESCE(gender, 'none'), id);
CREATE INDEX users_role_id_idx ON users (role, id);
CREATE INDEX users_inactive_idx ON users (id) WHERE NOT is_active;
-- A user has few sessions that have not ended.
CREATE INDEX sessions_user_id_expires_at_idx ON sessions (user_id, expires_at);
DROP INDEX sessions_user_id_idx;

INSERT INTO compatible_steps (step) VALUES (19);

-- +goose Down
DELETE FROM compatible_steps WHERE step = 19;
CREATE INDEX audit_events_at_idx ON audit_events (at);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);
DROP INDEX audit_events_minute_id_idx;
DROP INDEX audit_events_actor_action_id_idx;
DROP INDEX mappings_doctor_id_patient_id_idx;
DROP INDEX mappings_patient_id_id_idx;
DROP INDEX patients_gender_id_idx;
DROP INDEX users_role_id_idx;
DROP INDEX users_inactive_idx;
DROP INDEX sessions_user_id_expires_at_idx;
