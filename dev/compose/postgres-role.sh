#!/bin/sh
# Runs once, when the database's volume is empty. The gateway's role owns one database and nothing else: row-level
# security is forced on it, and a superuser would pass it by.
set -eu
psql --set=ON_ERROR_STOP=1 --set=password="$APP_DATABASE_PASSWORD" --username=postgres <<'SQL'
CREATE ROLE askpro LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB PASSWORD :'password';
CREATE DATABASE askpro OWNER askpro;
SQL
