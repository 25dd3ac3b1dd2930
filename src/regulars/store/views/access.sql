-- Sources and the makers of keys as the screens read them.

-- name: source_events
-- The events at the log's end by source: how many came since a moment, how many in all, when the last and first came.
select source_id, count(*) filter (where received_at >= %(since)s), count(*), max(received_at), min(received_at)
  from (select source_id, received_at
          from event
         where workspace_id = %(workspace_id)s
         order by event_no desc
         limit %(limit)s) as latest
 group by source_id;

-- name: source_rejected
-- How many rejected events wait by source, counted up to a limit over all.
select source_id, count(*)
  from (select source_id
          from quarantine
         where workspace_id = %(workspace_id)s and resolved_at is null
         limit %(limit)s) as waiting
 group by source_id;

-- name: names_of_users
-- The sealed names of people by id.
select user_id, sealed_key, sealed
  from app_user
 where workspace_id = %(workspace_id)s and user_id = any(%(ids)s::uuid[]);
