-- Indexes for an audit trail of several years and a clinic with thousands of patients.

-- +goose Up
CREATE INDEX audit_events_action_id_idx ON audit_events ((data ->> 'action'), id);
-- Most events are allowed, so searching for these needs no index.
CREATE INDEX audit_events_outcome_id_idx ON audit_events ((data ->> 'outcome'), id) WHERE data ->> 'outcome' <> 'allowed';
-- Finds the IDs for a time without reading the table.
CREATE INDEX audit_events_at_id_idx ON audit_events (at, id);
DROP INDEX audit_events_at_idx;
CREATE INDEX mappings_doctor_id_id_idx ON mappings (doctor_id, id);
DROP INDEX mappings_doctor_id_idx;
-- No query searches for the patients that a user has created, and users are never deleted.
DROP INDEX patients_created_by_idx;

-- +goose Down
CREATE INDEX patients_created_by_idx ON patients (created_by);
CREATE INDEX mappings_doctor_id_idx ON mappings (doctor_id);
DROP INDEX mappings_doctor_id_id_idx;
CREATE INDEX audit_events_at_idx ON audit_events (at);
DROP INDEX audit_events_at_id_idx;
DROP INDEX audit_events_outcome_id_idx;
DROP INDEX audit_events_action_id_idx;
