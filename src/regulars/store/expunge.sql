-- After an erasure: makes what was deleted vanish from the files, not only from sight.

-- name: size
-- Size of a table in bytes, without its indexes; filled in with its name.
SELECT pg_catalog.pg_table_size({table});

-- name: be_patient
-- Waits this long for the lock of a rewrite; others wait behind it.
SET lock_timeout = '2s';

-- name: rewrite
-- Writes a table anew, without what was deleted; filled in with its name.
VACUUM (FULL) {table};

-- name: clear
-- Clears deleted rows out of a table's pages; filled in with its name.
VACUUM (TRUNCATE off) {table};

-- name: next_segment
-- Goes on in the next file of the write-ahead log; the rest of this one is filled with zeros.
SELECT pg_catalog.pg_logical_emit_message(false, 'regulars', ''), pg_catalog.pg_switch_wal();

-- name: checkpoint
-- Writes all pages; what the write-ahead log holds before this moment is not needed any more.
CHECKPOINT;

-- name: spare_segments
-- Counts the log files kept for later use, whose old content is still in them.
SELECT count(*) FROM pg_catalog.pg_ls_waldir()
 WHERE name ~ '^[0-9A-F]{24}$' AND name > pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn());

-- name: source_names
-- What sources are called: an erasure's proof names those to which the person was known.
SELECT name FROM source WHERE workspace_id = %(workspace_id)s AND source_id = ANY(%(ids)s) ORDER BY name;
