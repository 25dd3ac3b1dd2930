-- The monthly partitions of the event log. Run with the rights of the owner.

-- name: lock
-- Keeps two makers of partitions from meeting; held until the end of the transaction.
SELECT pg_catalog.pg_advisory_xact_lock(7239162416);

-- name: existing
-- Lists the partitions of the event log.
SELECT c.relname
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
 WHERE i.inhparent = 'event'::regclass;

-- name: create
-- Creates the partition of one month; filled in by the program, never by input.
CREATE TABLE IF NOT EXISTS {partition} PARTITION OF event FOR VALUES FROM ({start}) TO ({end});

-- name: close
-- Takes a partition from the program, which goes through the parent and its row-level security.
REVOKE ALL ON {partition} FROM regulars_app;
