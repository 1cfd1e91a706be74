-- A number of 15 digits (ITU-T E.164, 6), as people write it. The columns that were there
-- keep their type: instances of before may be running, and PostgreSQL would refuse the
-- statements that they have prepared.

-- +goose Up
-- NULL where all of the number is in phone_number (sqlstore/phones.go).
ALTER TABLE users ADD COLUMN phone_number_long varchar(32);
ALTER TABLE patients ADD COLUMN phone_number_long varchar(32);

-- +goose Down
-- Fails where a number is longer.
UPDATE patients SET phone_number = phone_number_long WHERE phone_number_long IS NOT NULL;
ALTER TABLE patients DROP COLUMN phone_number_long;
UPDATE users SET phone_number = phone_number_long WHERE phone_number_long IS NOT NULL;
ALTER TABLE users DROP COLUMN phone_number_long;
