-- name: load_records
-- Records by id.
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed
from unnest(%(ids)s::uuid[]) as asked(id)
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and record_id = asked.id limit 1
) as r

-- name: load_components
-- Every record of the given components and of the components that carry one of the given values.
with asked as (
    select kind, value from json_to_recordset(%(values)s::json) as v(kind smallint, value uuid)
),
carrier as (
    select r.component_id
    from asked
    cross join lateral (
        select i.record_id from identifier i
        where i.workspace_id = %(workspace_id)s and i.kind = asked.kind and i.value = asked.value and i.current
        limit 1
    ) as found
    cross join lateral (
        select component_id from record
        where workspace_id = %(workspace_id)s and record_id = found.record_id limit 1
    ) as r
)
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed
from (select component_id from carrier union select unnest(%(components)s::uuid[])) as whole
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and component_id = whole.component_id offset 0
) as r

-- name: load_tombstones
-- Which of the given marks an erasure has left.
select t.tombstone
from unnest(%(marks)s::uuid[]) as asked(mark)
cross join lateral (
    select tombstone from tombstone where workspace_id = %(workspace_id)s and tombstone = asked.mark limit 1
) as t

-- name: load_generics
-- All values that are shared by too many to identify anybody.
select kind, value from generic_value where workspace_id = %(workspace_id)s

-- name: load_tombstones_exist
-- Whether anybody was ever erased here.
select exists (select from tombstone where workspace_id = %(workspace_id)s)

-- name: save_records
-- New and changed records, sealed fields cut from one blob.
insert into record (
    workspace_id, record_id, source_id, known, first_at, component_id, profile_id, sealed_key, sealed
)
select %(workspace_id)s, x.id, x.source, x.known, x.first_at, x.component, x.profile,
    substring(%(blob)b::bytea, x.key_at, x.key_size), substring(%(blob)b::bytea, x.at, x.size)
from json_to_recordset(%(doc)s::json) as x(
    id uuid, source integer, known boolean, first_at timestamptz, component uuid, profile uuid,
    key_at integer, key_size integer, at integer, size integer
)
on conflict (workspace_id, record_id) do update set
    known = excluded.known, first_at = excluded.first_at, component_id = excluded.component_id,
    profile_id = excluded.profile_id, sealed = excluded.sealed

-- name: save_moves
-- Records that only changed their component or profile.
update record r set component_id = x.component, profile_id = x.profile
from json_to_recordset(%(doc)s::json) as x(id uuid, component uuid, profile uuid)
where r.workspace_id = %(workspace_id)s and r.record_id = x.id

-- name: save_identifiers
-- Identifiers that became current or former.
insert into identifier (workspace_id, kind, value, record_id, current)
select %(workspace_id)s, x.kind, x.value, x.id, x.current
from json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid, id uuid, current boolean)
on conflict (workspace_id, kind, value, record_id) do update set current = excluded.current

-- name: delete_identifiers
-- Identifiers that a source took back.
delete from identifier i
using json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid, id uuid)
where i.workspace_id = %(workspace_id)s and i.kind = x.kind and i.value = x.value and i.record_id = x.id

-- name: delete_words
-- Name words of names that are replaced.
delete from name_word n
using json_to_recordset(%(doc)s::json) as x(word uuid, id uuid)
where n.workspace_id = %(workspace_id)s and n.word = x.word and n.record_id = x.id

-- name: delete_generics
-- Values that few enough share again.
delete from generic_value g
using json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid)
where g.workspace_id = %(workspace_id)s and g.kind = x.kind and g.value = x.value

-- name: load_carriers
-- The components of those who carry generic values now, where they are fewer than a limit.
select asked.kind, asked.value, r.component_id
from json_to_recordset(%(values)s::json) as asked(kind smallint, value uuid)
cross join lateral (
    select few.record_id, count(*) over () as carriers
    from (
        select i.record_id from identifier i
        where i.workspace_id = %(workspace_id)s and i.kind = asked.kind and i.value = asked.value and i.current
        limit %(limit)s
    ) as few
) as found
cross join lateral (
    select component_id from record
    where workspace_id = %(workspace_id)s and record_id = found.record_id limit 1
) as r
where found.carriers < %(limit)s

-- name: save_words
-- Name words of records, for search.
insert into name_word (workspace_id, word, record_id)
select %(workspace_id)s, x.word, x.id
from json_to_recordset(%(doc)s::json) as x(word uuid, id uuid)
on conflict (workspace_id, word, record_id) do nothing

-- name: delete_edges
-- Edges of components that are clustered anew.
delete from edge e using unnest(%(ids)s::uuid[]) as stale(id)
where e.workspace_id = %(workspace_id)s and e.component_id = stale.id

-- name: save_edges
-- Edges of the components as clustered now.
insert into edge (workspace_id, component_id, a, b, kind, value, linked, reason)
select %(workspace_id)s, x.component_id, x.a, x.b, x.kind, x.value, x.linked, x.reason
from json_to_recordset(%(doc)s::json) as x(
    component_id uuid, a uuid, b uuid, kind smallint, value uuid, linked boolean, reason text
)
on conflict (workspace_id, component_id, a, b, kind, value) do update set
    linked = excluded.linked, reason = excluded.reason

-- name: save_generics
-- Values found to be shared by too many.
insert into generic_value (workspace_id, kind, value, people, records, since)
select %(workspace_id)s, x.kind, x.value, x.people, x.records, %(now)s
from json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid, people integer, records integer)
on conflict (workspace_id, kind, value) do nothing
