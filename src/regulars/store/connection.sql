-- What every connection asks first: where it is and as whom.

-- name: role_exists
-- Tells whether the role that the program works as is there.
SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'regulars_app');

-- name: take_role
-- Gives up the rights of the login for those of the program.
SET ROLE regulars_app;

-- name: describe_role
-- Tells what could carry the current role past row-level security.
SELECT r.rolname,
       r.rolsuper,
       r.rolbypassrls,
       EXISTS (SELECT FROM pg_catalog.pg_class AS c
                WHERE c.relrowsecurity AND NOT c.relforcerowsecurity
                  AND pg_catalog.pg_has_role(c.relowner, 'USAGE')) AS owns_tables
  FROM pg_catalog.pg_roles AS r
 WHERE r.rolname = current_user;

-- name: set_workspace
-- Names the workspace that row-level security lets the rest of the transaction see.
SELECT pg_catalog.set_config('regulars.workspace_id', %(workspace_id)s::text, true);

-- name: row_types
-- Lists the row type of every table, for values that are whole rows.
SELECT c.relname, c.reltype
  FROM pg_catalog.pg_class AS c
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = pg_catalog.current_schema()::pg_catalog.regnamespace;
