#!/bin/sh
# Makes the secrets of compose.yaml in a new folder, secrets, beside this file or in the folder $1. Run it as root:
# each file belongs to the account that reads it in the containers.
set -eu
umask 077
cd "${1:-$(dirname "$0")}"
mkdir secrets # It fails if there are secrets already.
cd secrets

postgres=999 healthcare=65532
random() { openssl rand -hex 24; }
address() { echo "DATABASE_URL='postgres://$1:$2@database:5432/healthcare?sslmode=disable'"; } # within one machine

owner=$(random) app=$(random)
random >postgres_password
echo "$owner" >owner_password
echo "$app" >app_password
address healthcare "$owner" >owner.env
{
	address healthcare_app "$app"
	echo "SECRET_KEY='$(openssl rand -base64 48)'"
} >app.env
chown $postgres postgres_password owner_password app_password
chown $healthcare owner.env app.env
