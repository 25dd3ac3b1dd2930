-- What an export of a person searches besides their own records.

-- name: all_rejected
-- Rejected messages in order of their ids, from one on.
select quarantine_id, received_at, type, sealed_key, sealed
  from quarantine
 where workspace_id = %(workspace_id)s and quarantine_id > %(after)s::uuid
 order by quarantine_id
 limit %(limit)s;

-- name: promotions_used
-- How often somebody used promotions, over all their records.
select c.promotion_id, sum(c.uses)::bigint, sum(c.held)::bigint, sum(c.spent_minor)::bigint
  from record r
  join promotion_count c on c.workspace_id = r.workspace_id and c.scope = 'member'
       and c.key = replace(r.record_id::text, '-', '')
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s
 group by c.promotion_id
 order by c.promotion_id;
