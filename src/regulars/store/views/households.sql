-- Households: profiles that share keys of a home or a contact.

-- name: carriers
-- The records that carry each of some household keys, with their profiles; of each key one more than may be.
select asked.key, r.record_id, r.profile_id
  from unnest(%(keys)s::bigint[]) as asked(key)
 cross join lateral (
    select h.record_id from household_key h
     where h.workspace_id = %(workspace_id)s and h.key = asked.key
     limit %(limit)s
 ) as found
 cross join lateral (
    select record_id, profile_id from record
     where workspace_id = %(workspace_id)s and record_id = found.record_id limit 1
 ) as r;
