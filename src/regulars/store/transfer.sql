-- name: spare
-- A temporary table of the same form; filled in with a table of the state.
create temporary table coming_{table} (like {table}) on commit drop

-- name: copy_out
-- The rows of the workspace the transaction sees (workspace_id by row-level security and by name).
copy (
    select * from {table} where workspace_id = nullif(current_setting('regulars.workspace_id'), '')::integer
) to stdout (format binary)

-- name: copy_in
-- Rows into the temporary table (any workspace_id).
copy coming_{table} from stdin (format binary)

-- name: drop_old
-- The rows that are replaced.
delete from {table} where workspace_id = %(workspace_id)s

-- name: readdress
-- Give the rows their new workspace_id.
update coming_{table} set workspace_id = %(workspace_id)s

-- name: insert_new
-- The new rows (workspace_id is set by now).
insert into {table} ({columns}) select {columns} from coming_{table}

-- name: columns
-- The columns of a table that are written, in their order: not what the server works out itself.
select attname::text
from pg_catalog.pg_attribute
where attrelid = %(table)s::regclass and attnum > 0 and not attisdropped and attgenerated = ''
order by attnum
