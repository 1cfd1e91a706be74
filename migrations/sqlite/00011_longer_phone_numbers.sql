-- Phone numbers of 15 digits (ITU-T E.164, 6), with the characters that people put between them.

-- +goose Up
-- NULL if the whole number is in phone_number (sqlstore/phones.go).
ALTER TABLE users ADD COLUMN phone_number_long TEXT CHECK (length(phone_number_long) <= 32);
ALTER TABLE patients ADD COLUMN phone_number_long TEXT CHECK (length(phone_number_long) <= 32);

-- +goose Down
-- This fails if a number is longer.
UPDATE patients SET phone_number = phone_number_long WHERE phone_number_long IS NOT NULL;
ALTER TABLE patients DROP COLUMN phone_number_long;
UPDATE users SET phone_number = phone_number_long WHERE phone_number_long IS NOT NULL;
ALTER TABLE users DROP COLUMN phone_number_long;
