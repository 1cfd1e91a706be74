-- A number of 15 digits (ITU-T E.164, 6), as people write it.
-- PostgreSQL refuses the statements that programs of before have prepared on these
-- tables: until they are started anew, they answer 503 where accounts or patients are read.

-- +goose Up
ALTER TABLE users ALTER COLUMN phone_number TYPE varchar(32);
ALTER TABLE patients ALTER COLUMN phone_number TYPE varchar(32);

-- +goose Down
-- Fails where a number is longer.
ALTER TABLE patients ALTER COLUMN phone_number TYPE varchar(15);
ALTER TABLE users ALTER COLUMN phone_number TYPE varchar(15);
