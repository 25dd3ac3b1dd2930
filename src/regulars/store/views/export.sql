-- What an export of a person searches besides their own records.

-- name: all_rejected
-- Rejected messages in order of their ids, from one on.
select quarantine_id, received_at, type, sealed_key, sealed
  from quarantine
 where workspace_id = %(workspace_id)s and quarantine_id > %(after)s::uuid
 order by quarantine_id
 limit %(limit)s;
