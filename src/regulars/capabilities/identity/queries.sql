-- name: load_records
-- Records by id.
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed
from unnest(%(ids)s::uuid[]) as asked(id)
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and record_id = asked.id limit 1
) as r

-- name: load_components
-- Every record of the given components, and of those of given records or carriers of one of the given values.
with asked as (
    select kind, value from json_to_recordset(%(values)s::json) as v(kind smallint, value uuid)
),
carrier as (
    select r.component_id
    from asked
    cross join lateral (
        select i.record_id from identifier i
        where i.workspace_id = %(workspace_id)s and i.kind = asked.kind and i.value = asked.value
            and (i.current or i.kind in (6, 7))  -- former e-mails and phones still tell
        limit 1
    ) as found
    cross join lateral (
        select component_id from record
        where workspace_id = %(workspace_id)s and record_id = found.record_id limit 1
    ) as r
)
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed
from (
    select component_id from carrier
    union select unnest(%(components)s::uuid[])
    union select component_id from record
    where workspace_id = %(workspace_id)s and record_id = any(%(records)s::uuid[])
) as whole
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
        where i.workspace_id = %(workspace_id)s and i.kind = asked.kind and i.value = asked.value
            and (i.current or i.kind in (6, 7))
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

-- name: load_candidates
-- The records that carry one of the given keys, each with the places of those keys; of each key one more than may be.
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed, k.places
from (
    select found.record_id, array_agg(asked.place) as places
    from unnest(%(keys)s::bigint[]) with ordinality as asked(key, place)
    cross join lateral (
        select m.record_id from match_key m
        where m.workspace_id = %(workspace_id)s and m.model_no = %(model_no)s and m.key = asked.key
        limit %(limit)s
    ) as found
    group by found.record_id
) as k
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and record_id = k.record_id limit 1
) as r

-- name: load_crowd
-- How many carry each of the given keys, up to a limit.
select asked.key, found.carriers
from unnest(%(keys)s::bigint[]) as asked(key)
cross join lateral (
    select count(*) as carriers from (
        select from match_key m
        where m.workspace_id = %(workspace_id)s and m.model_no = %(model_no)s and m.key = asked.key
        limit %(limit)s
    ) as few
) as found

-- name: load_crowded
-- All keys that too many share.
select key from crowded_key where workspace_id = %(workspace_id)s and model_no = %(model_no)s

-- name: load_manual
-- What people decided of any two records.
select a, b, together, said_at, decision_id from manual_link where workspace_id = %(workspace_id)s

-- name: save_decided
-- What people decided of pairs; of each pair the last word.
insert into manual_link (workspace_id, a, b, together, said_at, decision_id)
select %(workspace_id)s, x.a, x.b, x.together, x.said_at, x.decision
from json_to_recordset(%(doc)s::json) as x(
    a uuid, b uuid, together boolean, said_at timestamptz, decision uuid
)
on conflict (workspace_id, a, b) do update set
    together = excluded.together, said_at = excluded.said_at, decision_id = excluded.decision_id

-- name: save_decisions
-- Decisions, word for word.
insert into decision (workspace_id, decision_id, at, actor, reason, together, pairs, undoes)
select %(workspace_id)s, x.id, x.at, x.actor, x.reason, x.together, x.pairs, x.undoes
from json_to_recordset(%(doc)s::json) as x(
    id uuid, at timestamptz, actor text, reason text, together boolean, pairs integer, undoes uuid
)
on conflict (workspace_id, decision_id) do nothing

-- name: save_decision_pairs
-- The pairs (a < b) that each decision spoke of.
insert into decision_pair (workspace_id, a, b, decision_id)
select %(workspace_id)s, x.a, x.b, x.decision
from json_to_recordset(%(doc)s::json) as x(a uuid, b uuid, decision uuid)
on conflict (workspace_id, a, b, decision_id) do nothing

-- name: load_untold_decisions
-- Decisions the audit trail does not have yet, in order.
select decision_id, actor, reason, together, pairs, undoes from decision
where workspace_id = %(workspace_id)s and not audited order by at, decision_id limit %(limit)s

-- name: load_untold_generics
-- Generic values the audit trail does not have yet.
select kind, value, people, records from generic_value
where workspace_id = %(workspace_id)s and not audited order by since, kind, value limit %(limit)s

-- name: mark_told
-- Everything that waited for the audit trail is in it.
with decided as (
    update decision set audited = true
    where workspace_id = %(workspace_id)s and decision_id = any(%(decisions)s::uuid[])
)
update generic_value set audited = true
where workspace_id = %(workspace_id)s and value = any(%(values)s::uuid[])

-- name: load_model
-- The model at work, its number and that of the set of keys; no row where the workspace was never used.
select m.model_no, s.keys_no, m.content, m.frequencies
from workspace_state s
join identity_model m on m.workspace_id = s.workspace_id and m.model_no = s.model_no
where s.workspace_id = %(workspace_id)s

-- name: load_rekeying
-- The model at work, the last record that has its keys, how far records are resolved anew (null when all are), and the
-- promotion that asks for it, if one does.
select s.model_no, s.keyed_to, s.rekeyed_to, (
    select p.promotion_id from model_promotion p where p.workspace_id = s.workspace_id
    order by p.at desc, p.promotion_id limit 1
)
from workspace_state s where s.workspace_id = %(workspace_id)s

-- name: load_page
-- The next records in the order of their ids.
select record_id, source_id, known, first_at, component_id, profile_id, sealed_key, sealed
from record where workspace_id = %(workspace_id)s and record_id > %(after)s::uuid
order by record_id limit %(limit)s

-- name: add_model
-- A model for later; the next number is its own. `content` is the file as it was given.
insert into identity_model (workspace_id, model_no, name, digest, content, frequencies, made_at, made_by)
select %(workspace_id)s, coalesce(max(model_no), 1) + 1, %(name)s, %(digest)s, %(content)s, %(frequencies)s, %(made_at)s,
    %(made_by)s
from identity_model where workspace_id = %(workspace_id)s
returning model_no

-- name: add_first_model
-- The model that comes with the program, kept as it is now whatever later versions bring.
insert into identity_model (workspace_id, model_no, name, digest, content, frequencies, made_at, made_by)
values (%(workspace_id)s, 1, %(name)s, %(digest)s, %(content)s, null, now(), 'regulars')
on conflict (workspace_id, model_no) do nothing

-- name: move_keyed
-- How far records have their keys; null when all have.
update workspace_state set keyed_to = %(reached)s::uuid where workspace_id = %(workspace_id)s

-- name: move_resolved
-- How far records are resolved anew; null when all are.
update workspace_state set rekeyed_to = %(reached)s::uuid where workspace_id = %(workspace_id)s

-- name: count_crowds
-- The keys of a set that too many share, found anew.
with crowd as (
    select key from match_key where workspace_id = %(workspace_id)s and model_no = %(model_no)s
    group by key having count(*) > %(most)s
), gone as (
    delete from crowded_key
    where workspace_id = %(workspace_id)s and (model_no <> %(model_no)s or key not in (select key from crowd))
)
insert into crowded_key (workspace_id, model_no, key, since)
select %(workspace_id)s, %(model_no)s, key, %(now)s from crowd
on conflict (workspace_id, model_no, key) do nothing

-- name: drop_old_keys
-- Some of the keys of sets that are not at work any more; a row for each.
with old as (
    (select model_no, key, record_id from match_key
     where workspace_id = %(workspace_id)s
        and model_no < (select keys_no from workspace_state where workspace_id = %(workspace_id)s)
     limit %(limit)s)
    union all
    (select model_no, key, record_id from match_key
     where workspace_id = %(workspace_id)s
        and model_no > (select keys_no from workspace_state where workspace_id = %(workspace_id)s)
     limit %(limit)s)
), gone as (
    delete from match_key m using old
    where m.workspace_id = %(workspace_id)s and m.model_no = old.model_no and m.key = old.key
        and m.record_id = old.record_id
    returning 1
)
select count(*) from gone

-- name: save_keys
-- Keys that records got.
insert into match_key (workspace_id, model_no, key, record_id)
select x.workspace_id, x.model_no, x.key, x.record_id from unnest(%(rows)b::match_key[]) as x
on conflict (workspace_id, model_no, key, record_id) do nothing

-- name: delete_keys
-- Keys that records lost.
delete from match_key m using unnest(%(rows)b::match_key[]) as x
where m.workspace_id = %(workspace_id)s and m.model_no = x.model_no and m.key = x.key and m.record_id = x.record_id

-- name: save_household_keys
-- Household keys that records got.
insert into household_key (workspace_id, key, record_id)
select x.workspace_id, x.key, x.record_id from unnest(%(rows)b::household_key[]) as x
on conflict (workspace_id, key, record_id) do nothing

-- name: delete_household_keys
-- Household keys that records lost.
delete from household_key h using unnest(%(rows)b::household_key[]) as x
where h.workspace_id = %(workspace_id)s and h.key = x.key and h.record_id = x.record_id

-- name: save_crowded
-- Keys found to be shared by too many.
insert into crowded_key (workspace_id, model_no, key, since)
select %(workspace_id)s, %(model_no)s, key, %(now)s from unnest(%(keys)s::bigint[]) as key
on conflict (workspace_id, model_no, key) do nothing

-- name: delete_crowded
-- Keys that few enough share again.
delete from crowded_key
where workspace_id = %(workspace_id)s and model_no = %(model_no)s and key = any(%(keys)s::bigint[])

-- name: delete_reviews
-- Pairs to look at of records that are compared anew.
delete from review
where workspace_id = %(workspace_id)s and (a = any(%(ids)s::uuid[]) or b = any(%(ids)s::uuid[]))

-- name: delete_inner_reviews
-- Pairs to look at within groups that are clustered anew.
with grouped as (
    select id, number from json_to_recordset(%(doc)s::json) as x(id uuid, number integer)
)
delete from review v using grouped one, grouped other
where v.workspace_id = %(workspace_id)s and v.a = one.id and v.b = other.id and one.number = other.number

-- name: save_reviews
-- Pairs to look at as they are now.
insert into review (workspace_id, a, b, weight, conflict, since)
select %(workspace_id)s, x.a, x.b, x.weight, x.conflict, %(now)s
from json_to_recordset(%(doc)s::json) as x(a uuid, b uuid, weight double precision, conflict boolean)
on conflict (workspace_id, a, b) do update set weight = excluded.weight, conflict = excluded.conflict

-- name: save_generics
-- Values found to be shared by too many.
insert into generic_value (workspace_id, kind, value, people, records, since)
select %(workspace_id)s, x.kind, x.value, x.people, x.records, %(now)s
from json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid, people integer, records integer)
on conflict (workspace_id, kind, value) do nothing
