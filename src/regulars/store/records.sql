-- name: records_of_source
-- A page of what the records of a source know, sealed, after a record.
select record_id, sealed_key, sealed from record
where workspace_id = %(workspace_id)s and source_id = %(source_id)s and record_id > %(after)s::uuid
order by record_id limit %(limit)s

-- name: count_of_source
-- How many records a source has.
select count(*) from record where workspace_id = %(workspace_id)s and source_id = %(source_id)s
