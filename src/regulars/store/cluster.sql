-- The roles and the database of the embedded server. Run by its superuser, in autocommit.

-- name: create_app_role
-- Creates the role the program works as; held by row-level security.
DO $$
BEGIN
    CREATE ROLE regulars_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- name: owner_exists
-- Tells whether the login of the program is there.
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'regulars');

-- name: create_owner
-- Creates the login that owns the tables and runs migrations; it is no superuser.
CREATE ROLE regulars LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD {password};

-- name: grant_app_role
-- Lets the login become the role the program works as.
GRANT regulars_app TO regulars;

-- name: database_exists
-- Tells whether the database is there.
SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = 'regulars');

-- name: create_database
-- Creates the database of the program.
CREATE DATABASE regulars OWNER regulars;
