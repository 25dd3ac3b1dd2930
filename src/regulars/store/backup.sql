-- What backup and restore ask and keep. Run with a login that sees all rows, or as the owner of the tables.

-- name: sees_all_rows
-- Tells whether row-level security hides nothing from this login, and its name.
SELECT rolsuper OR rolbypassrls, rolname::text FROM pg_catalog.pg_roles WHERE rolname = current_user;

-- name: begin_snapshot
-- One moment that all questions and the dump see.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- name: export_snapshot
-- Hands that moment to the dump.
SELECT pg_catalog.pg_export_snapshot(), current_schema()::text, current_setting('server_version_num')::integer;

-- name: tables
-- Lists our tables: those of workspaces, and the two that belong to none; partitions go with their parents.
SELECT c.relname::text
  FROM pg_catalog.pg_class AS c
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = current_schema()::regnamespace
   AND (c.relname IN ('workspace', 'schema_migration')
        OR EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
                    WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped))
 ORDER BY 1;

-- name: count_rows
-- Counts the rows of a table; filled in with a name from the list above.
SELECT count(*) FROM {table};

-- name: has_rows
-- Tells whether a table holds anything; filled in with a name from the list above.
SELECT EXISTS (SELECT FROM {table});

-- name: drop_tables
-- Makes room for what comes back; filled in with names from the list above.
DROP TABLE {tables} CASCADE;

-- name: functions
-- Lists our functions, with their types: the login's own, but for those of extensions.
SELECT p.oid::regprocedure::text
  FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = current_schema()::regnamespace AND p.proowner = current_user::regrole
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
 ORDER BY 1;

-- name: drop_function
-- Makes room for a function that comes back; filled in with one from the list above.
DROP FUNCTION {function} CASCADE;

-- name: workspaces
-- Lists the workspaces.
SELECT workspace_id, name FROM workspace ORDER BY workspace_id;

-- name: newest_event
-- The number of the newest event of a workspace.
SELECT event_no FROM workspace_state WHERE workspace_id = %(workspace_id)s;

-- name: erasures
-- The erasures of a workspace, for those that a crash kept out of the register.
SELECT erasure_id, at, actor, tombstones::text[], proof FROM erasure WHERE workspace_id = %(workspace_id)s;

-- name: is_migrated
-- Tells whether this database was ever brought to a schema of ours, and which schema we would be in.
SELECT to_regclass('workspace') IS NOT NULL AND to_regclass('erasure') IS NOT NULL, current_schema()::text;

-- name: others
-- Counts the programs that are connected to this database beside us.
SELECT count(*) FROM pg_catalog.pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';

-- name: lock_restore
-- Lets one restore work at a time in this database; held until the end of the session.
SELECT pg_catalog.pg_try_advisory_lock(7239162417);

-- name: find_marker
-- Tells whether a restore has begun here and not ended.
SELECT to_regclass('unfinished_restore') IS NOT NULL;

-- name: create_marker
-- Notes, for all to see, that a restore has begun.
CREATE TABLE unfinished_restore (may_replace boolean NOT NULL, loaded boolean NOT NULL);

-- name: fill_marker
-- Says whether what is here may be replaced.
INSERT INTO unfinished_restore (may_replace, loaded) VALUES (%(may_replace)s, false);

-- name: read_marker
-- What the restore that has not ended was allowed to do.
SELECT may_replace OR loaded FROM unfinished_restore;

-- name: move_marker
-- Notes, together with the data, that all of it has come back; filled in with the schema.
UPDATE {schema}.unfinished_restore SET loaded = true;

-- name: drop_marker
-- The restore has ended.
DROP TABLE IF EXISTS unfinished_restore;

-- name: look_anew
-- Lets the planner look at what came back.
ANALYZE;
