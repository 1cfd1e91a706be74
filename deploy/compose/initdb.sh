#!/bin/sh
# The image of PostgreSQL runs this once, as its superuser, on a new volume: the roles of docs/operations.md,
# "PostgreSQL". SECRETS is the folder with the passwords.
set -eu
secrets=${SECRETS:-/run/secrets}
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
	--set=owner="$(cat "$secrets/owner_password")" --set=app="$(cat "$secrets/app_password")" <<'SQL'
CREATE ROLE healthcare LOGIN PASSWORD :'owner';
CREATE DATABASE healthcare OWNER healthcare ENCODING 'UTF8' TEMPLATE template0;
CREATE ROLE healthcare_app LOGIN PASSWORD :'app';
ALTER ROLE healthcare_app SET statement_timeout = '14s';
ALTER ROLE healthcare_app SET idle_in_transaction_session_timeout = '30s';
SQL
