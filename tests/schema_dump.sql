-- Reads the schema back from the catalogue, in words that are the same from PostgreSQL 15 on.

-- name: tables
-- Lists the tables with how they are partitioned, their row-level security and their storage options.
SELECT c.oid::regclass::text,
       coalesce(pg_catalog.pg_get_partkeydef(c.oid), ''),
       c.relrowsecurity,
       c.relforcerowsecurity,
       coalesce(array_to_string(c.reloptions, ', '), '')
  FROM pg_catalog.pg_class AS c
 WHERE c.relnamespace = current_schema()::regnamespace
   AND c.relkind IN ('r', 'p')
   AND NOT c.relispartition
   AND c.relname <> 'schema_migration'
 ORDER BY 1;

-- name: columns
-- Lists the columns of one table.
SELECT a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod),
       a.attnotnull,
       CASE WHEN a.attidentity <> '' THEN 'generated always as identity'
            WHEN a.attgenerated <> '' THEN 'generated as ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid)
            ELSE coalesce('default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') END
  FROM pg_catalog.pg_attribute AS a
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
 WHERE a.attrelid = %(table)s::regclass AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum;

-- name: constraints
-- Lists the constraints of one table; NOT NULL ones show at the columns.
SELECT conname, pg_catalog.pg_get_constraintdef(oid)
  FROM pg_catalog.pg_constraint
 WHERE conrelid = %(table)s::regclass AND contype <> 'n' AND conparentid = 0
 ORDER BY contype DESC, conname;

-- name: indexes
-- Lists the indexes of one table that no constraint made.
SELECT i.indexrelid::regclass::text, pg_catalog.pg_get_indexdef(i.indexrelid)
  FROM pg_catalog.pg_index AS i
 WHERE i.indrelid = %(table)s::regclass
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
 ORDER BY 1;

-- name: policies
-- Lists the row-level security policies of one table.
SELECT polname,
       polcmd,
       coalesce(pg_catalog.pg_get_expr(polqual, polrelid), ''),
       coalesce(pg_catalog.pg_get_expr(polwithcheck, polrelid), '')
  FROM pg_catalog.pg_policy
 WHERE polrelid = %(table)s::regclass
 ORDER BY polname;

-- name: triggers
-- Lists the triggers of one table.
SELECT tgname, pg_catalog.pg_get_triggerdef(oid)
  FROM pg_catalog.pg_trigger
 WHERE tgrelid = %(table)s::regclass AND NOT tgisinternal
 ORDER BY tgname;

-- name: rights
-- Says what the program may do with one table.
SELECT coalesce(string_agg(lower(word), ', ' ORDER BY place), 'nothing')
  FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS w (word, place)
 WHERE pg_catalog.has_table_privilege('regulars_app', %(table)s::regclass, word);

-- name: partitions
-- Counts the hash partitions of one table; those of time come and go.
SELECT count(*)
  FROM pg_catalog.pg_inherits AS i
  JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = i.inhparent
 WHERE i.inhparent = %(table)s::regclass AND p.partstrat = 'h';

-- name: functions
-- Lists the functions of the schema that belong to no extension.
SELECT pg_catalog.pg_get_functiondef(p.oid)
  FROM pg_catalog.pg_proc AS p
 WHERE p.pronamespace = current_schema()::regnamespace AND p.prokind IN ('f', 'p')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
 ORDER BY p.oid::regprocedure::text;
