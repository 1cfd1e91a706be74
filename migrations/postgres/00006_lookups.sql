-- What a trail of years, and a clinic of thousands, is searched by.

-- +goose Up
CREATE INDEX audit_events_action_id_idx ON audit_events ((data ->> 'action'), id);
-- Most are allowed, and found on the way.
CREATE INDEX audit_events_outcome_id_idx ON audit_events ((data ->> 'outcome'), id) WHERE data ->> 'outcome' <> 'allowed';
-- Times lead to IDs without a look at the events.
CREATE INDEX audit_events_at_id_idx ON audit_events (at, id);
DROP INDEX audit_events_at_idx;
CREATE INDEX mappings_doctor_id_id_idx ON mappings (doctor_id, id);
DROP INDEX mappings_doctor_id_idx;
-- Nobody asks for the patients that a user has created, and no user is ever deleted.
DROP INDEX patients_created_by_idx;

-- +goose Down
CREATE INDEX patients_created_by_idx ON patients (created_by);
CREATE INDEX mappings_doctor_id_idx ON mappings (doctor_id);
DROP INDEX mappings_doctor_id_id_idx;
CREATE INDEX audit_events_at_idx ON audit_events (at);
DROP INDEX audit_events_at_id_idx;
DROP INDEX audit_events_outcome_id_idx;
DROP INDEX audit_events_action_id_idx;
