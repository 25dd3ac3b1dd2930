-- What all records share, and some of them with what is stored of them.

-- name: all_ids
-- The ids of all records in order.
select uuid_send(record_id) from record where workspace_id = %(workspace_id)s order by record_id

-- name: sharing_keys
-- Those who share a key that not too many share.
select string_agg(uuid_send(record_id), ''::bytea) from match_key
where workspace_id = %(workspace_id)s and model_no = %(keys_no)s
group by key having count(*) between 2 and %(most)s

-- name: sharing_values
-- Those who share an identifier that names somebody, or did; whom a former one joins is no harm, and the index says it.
select string_agg(uuid_send(i.record_id), ''::bytea) from identifier i
where i.workspace_id = %(workspace_id)s
    and not exists (
        select from generic_value g
        where g.workspace_id = %(workspace_id)s and g.kind = i.kind and g.value = i.value
    )
group by i.kind, i.value having count(*) > 1

-- name: sharing_profiles
-- Those who were found to hang together, or are for a person to look at, or whom a person put together or apart.
select uuid_send(record_id) || uuid_send(component_id) from record
where workspace_id = %(workspace_id)s and record_id <> component_id
union all
select uuid_send(a) || uuid_send(b) from review where workspace_id = %(workspace_id)s
union all
select uuid_send(a) || uuid_send(b) from manual_link where workspace_id = %(workspace_id)s

-- name: some_records
-- Some records as they are stored; ids as bytes.
select uuid_send(r.record_id), r.known, r.first_at, uuid_send(r.component_id), uuid_send(r.profile_id), r.sealed_key,
    r.sealed
from unnest(%(ids)s::uuid[]) as asked(id)
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and record_id = asked.id limit 1
) as r

-- name: stored_reviews
-- The pairs to look at that begin with one of some records.
select a, b, weight, conflict from review where workspace_id = %(workspace_id)s and a = any(%(ids)s::uuid[])

-- name: ids_after
-- The ids of records after one, in order.
select uuid_send(record_id) from record
where workspace_id = %(workspace_id)s and record_id > %(after)s::uuid order by record_id

-- name: hold_records
-- Some records as they are stored, which nobody changes until the end of the transaction; not those that are changed now.
select uuid_send(record_id), known, first_at, uuid_send(component_id), uuid_send(profile_id), sealed_key, sealed
from record where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
for share skip locked

-- name: are_there
-- Those of some ids that are there.
select uuid_send(record_id) from record where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
