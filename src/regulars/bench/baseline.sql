-- The baselines of a benchmark run. Run in a database of its own.

-- name: create_database
-- A database for the baselines, on the same server as what is measured.
CREATE DATABASE bench_baseline;

-- name: drop_database
-- Makes room for a repeat.
DROP DATABASE IF EXISTS bench_baseline WITH (FORCE);

-- name: create_payload
-- One column for the same payloads that the engine takes.
CREATE TABLE payload (body text NOT NULL);

-- name: copy_payload
-- The quickest way that PostgreSQL knows to keep them.
COPY payload (body) FROM STDIN;

-- name: drop_payload
-- Makes room for the next try.
DROP TABLE IF EXISTS payload;

-- name: count_sales
-- How many sales are there: each that was acknowledged, once.
SELECT count(*) FROM sale WHERE workspace_id = %(workspace_id)s;

-- name: identity_size
-- How many records there are, and the bytes of the tables that hold what is known of people and how they are found.
SELECT (SELECT count(*) FROM record WHERE workspace_id = %(workspace_id)s),
    (SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest(ARRAY[
        'record', 'identifier', 'name_word', 'match_key', 'crowded_key', 'household_key', 'review', 'generic_value',
        'record_figures'
    ]) AS name);

-- name: is_published
-- Whether a programme holds.
select exists (
    select from programme_version where workspace_id = %(workspace_id)s and effective_from is not null
)

-- name: some_records
-- Ids of some customers.
select record_id from record where workspace_id = %(workspace_id)s and known order by record_id limit %(limit)s
