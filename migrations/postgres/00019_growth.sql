-- +goose NO TRANSACTION

-- Indexes that keep lists as fast in a large clinic as in a small one. Earlier programs can
-- write while they are built; their lists of the audit trail by time are slow once
-- audit_events_at_id_idx is gone. If the step is interrupted, it can be repeated: an interrupted
-- build leaves an invalid index.

-- +goose Up
-- The lowest and the highest ID of a minute are found without reading its events.
DROP INDEX IF EXISTS audit_events_minute_id_idx;
CREATE INDEX CONCURRENTLY audit_events_minute_id_idx ON audit_events (date_bin('1 minute', at, timestamptz '2000-01-01 00:00:00+00'), id);
DROP INDEX CONCURRENTLY IF EXISTS audit_events_at_id_idx;
DROP INDEX IF EXISTS audit_events_actor_action_id_idx;
CREATE INDEX CONCURRENTLY audit_events_actor_action_id_idx ON audit_events ((CAST(actor_id AS text) || ' ' || (data ->> 'action')), id);
-- The patients of a doctor in the order of their IDs, and the mappings of a patient in the order of theirs.
DROP INDEX IF EXISTS mappings_doctor_id_patient_id_idx;
CREATE INDEX CONCURRENTLY mappings_doctor_id_patient_id_idx ON mappings (doctor_id, patient_id);
DROP INDEX IF EXISTS mappings_patient_id_id_idx;
CREATE INDEX CONCURRENTLY mappings_patient_id_id_idx ON mappings (patient_id, id);
DROP INDEX IF EXISTS patients_gender_id_idx;
CREATE INDEX CONCURRENTLY patients_gender_id_idx ON patients (COALESCE(gender, 'none'), id);
DROP INDEX IF EXISTS users_role_id_idx;
CREATE INDEX CONCURRENTLY users_role_id_idx ON users (role, id);
DROP INDEX IF EXISTS users_inactive_idx;
CREATE INDEX CONCURRENTLY users_inactive_idx ON users (id) WHERE NOT is_active;
-- A user has few sessions that have not ended.
DROP INDEX IF EXISTS sessions_user_id_expires_at_idx;
CREATE INDEX CONCURRENTLY sessions_user_id_expires_at_idx ON sessions (user_id, expires_at);
DROP INDEX CONCURRENTLY IF EXISTS sessions_user_id_idx;

-- The planner must know how frequent the values of expressions are.
ANALYZE audit_events, patients;

INSERT INTO compatible_steps (step) VALUES (19) ON CONFLICT DO NOTHING;

-- +goose Down
DELETE FROM compatible_steps WHERE step = 19;
CREATE INDEX IF NOT EXISTS audit_events_at_id_idx ON audit_events (at, id);
CREATE INDEX IF NOT EXISTS sessions_user_id_idx ON sessions (user_id);
DROP INDEX IF EXISTS audit_events_minute_id_idx;
DROP INDEX IF EXISTS audit_events_actor_action_id_idx;
DROP INDEX IF EXISTS mappings_doctor_id_patient_id_idx;
DROP INDEX IF EXISTS mappings_patient_id_id_idx;
DROP INDEX IF EXISTS patients_gender_id_idx;
DROP INDEX IF EXISTS users_role_id_idx;
DROP INDEX IF EXISTS users_inactive_idx;
DROP INDEX IF EXISTS sessions_user_id_expires_at_idx;
