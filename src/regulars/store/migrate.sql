-- What the migration runner asks and keeps. Run with the rights of the login.

-- name: lock
-- Lets one runner work at a time in this database; held until unlock or the end of the session.
SELECT pg_catalog.pg_advisory_lock(7239162415);

-- name: unlock
-- Lets the next runner work.
SELECT pg_catalog.pg_advisory_unlock(7239162415);

-- name: create_ledger
-- Creates the table that says which files were applied.
CREATE TABLE IF NOT EXISTS schema_migration (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- name: protect_ledger
-- Lets the program read which files were applied, and no more.
REVOKE ALL ON schema_migration FROM regulars_app;
GRANT SELECT ON schema_migration TO regulars_app;

-- name: ledger_exists
-- Tells whether any migration was ever applied.
SELECT to_regclass('schema_migration') IS NOT NULL;

-- name: applied
-- Lists the applied files with their checksums.
SELECT name, checksum FROM schema_migration ORDER BY name;

-- name: record
-- Notes that a file was applied.
INSERT INTO schema_migration (name, checksum) VALUES (%(name)s, %(checksum)s);

-- name: create_role
-- Creates the role the program works as; two databases of one server may do so at once.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'regulars_app') THEN
        CREATE ROLE regulars_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;

-- name: become_role
-- Lets the login become the role the program works as. Tried first: a member may still lack that right.
DO $$
BEGIN
    SET ROLE regulars_app;
    RESET ROLE;
EXCEPTION WHEN insufficient_privilege THEN
    GRANT regulars_app TO CURRENT_USER;
END
$$;

-- name: grant_defaults
-- Gives the program its rights on each table to come, so that a migration can take some back for good.
DO $$
DECLARE
    here name := current_schema();
BEGIN
    IF NOT has_schema_privilege('regulars_app', here, 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO regulars_app', here);
    END IF;
    IF NOT has_database_privilege('regulars_app', current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO regulars_app', current_database());
    END IF;
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I '
                   'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO regulars_app', here);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I '
                   'GRANT USAGE, SELECT ON SEQUENCES TO regulars_app', here);
END
$$;

-- name: close_partitions
-- Takes partitions from the program: row-level security holds on the parent, so it goes through that.
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN
        SELECT c.oid::regclass
          FROM pg_catalog.pg_class AS c
         WHERE c.relispartition AND c.relkind IN ('r', 'p')
           AND c.relnamespace = current_schema()::regnamespace
           AND pg_catalog.has_table_privilege('regulars_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
    LOOP
        EXECUTE format('REVOKE ALL ON %s FROM regulars_app', partition);
    END LOOP;
END
$$;

-- name: open_tables
-- Lists the tables with a workspace_id that row-level security does not guard, and the partitions left open.
SELECT c.oid::regclass::text
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
   AND CASE WHEN c.relispartition
            THEN pg_catalog.has_table_privilege('regulars_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE')
            ELSE NOT c.relrowsecurity
                 OR NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = c.oid) END
 ORDER BY 1;
