-- Whom the rows of a file of balances or vouchers belong to.

-- name: holders
-- The profiles that carry each of some identifiers now, with a record that does: two profiles are one too many.
select v.place, v.rank, h.profile_id, h.record_id
from json_to_recordset(%(values)s::json) as v(place integer, rank integer, kind smallint, value uuid)
cross join lateral (
    select distinct on (r.profile_id) r.profile_id, r.record_id
    from (
        select i.record_id from identifier i
        where i.workspace_id = %(workspace_id)s and i.kind = v.kind and i.value = v.value and i.current
        limit 50
    ) i
    join record r on r.workspace_id = %(workspace_id)s and r.record_id = i.record_id
    order by r.profile_id, r.record_id
    limit 2
) as h
order by v.place, v.rank
