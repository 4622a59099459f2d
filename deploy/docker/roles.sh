#!/bin/sh
# The postgres image runs this once, on an empty database: it makes the owner and the serving role.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
  --set owner="$(cat /run/secrets/owner_password)" \
  --set serving="$(cat /run/secrets/serving_password)" <<'SQL'
CREATE ROLE gpd_owner LOGIN PASSWORD :'owner';
CREATE ROLE gpd_serving LOGIN PASSWORD :'serving';
CREATE DATABASE gpd OWNER gpd_owner;
REVOKE CONNECT ON DATABASE gpd FROM PUBLIC;
GRANT CONNECT ON DATABASE gpd TO gpd_serving;
SQL
