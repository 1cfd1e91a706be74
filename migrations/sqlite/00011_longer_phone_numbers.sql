-- A number of 15 digits (ITU-T E.164, 6), as people write it. SQLite cannot change a
-- check: another column takes the place of the first. It has a default only because
-- SQLite adds no column that is NOT NULL without one.

-- +goose Up
ALTER TABLE users ADD COLUMN phone_number_after TEXT NOT NULL DEFAULT '' CHECK (length(phone_number_after) <= 32);
UPDATE users SET phone_number_after = phone_number WHERE phone_number <> '';
ALTER TABLE users DROP COLUMN phone_number;
ALTER TABLE users RENAME COLUMN phone_number_after TO phone_number;
ALTER TABLE patients ADD COLUMN phone_number_after TEXT NOT NULL DEFAULT '' CHECK (length(phone_number_after) <= 32);
UPDATE patients SET phone_number_after = phone_number WHERE phone_number <> '';
ALTER TABLE patients DROP COLUMN phone_number;
ALTER TABLE patients RENAME COLUMN phone_number_after TO phone_number;

-- +goose Down
-- Fails where a number is longer.
ALTER TABLE patients ADD COLUMN phone_number_before TEXT NOT NULL DEFAULT '' CHECK (length(phone_number_before) <= 15);
UPDATE patients SET phone_number_before = phone_number WHERE phone_number <> '';
ALTER TABLE patients DROP COLUMN phone_number;
ALTER TABLE patients RENAME COLUMN phone_number_before TO phone_number;
ALTER TABLE users ADD COLUMN phone_number_before TEXT NOT NULL DEFAULT '' CHECK (length(phone_number_before) <= 15);
UPDATE users SET phone_number_before = phone_number WHERE phone_number <> '';
ALTER TABLE users DROP COLUMN phone_number;
ALTER TABLE users RENAME COLUMN phone_number_before TO phone_number;
