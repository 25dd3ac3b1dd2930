-- Whatever an explanation of profiles is worked out from.

-- name: partners
-- Records of others that the records of some profiles may be one person with, or that somebody decided on with them.
with own as (
    select record_id from record
     where workspace_id = %(workspace_id)s and profile_id = any(%(profiles)s::uuid[])
     limit %(records)s
), seen as (
    select v.b as partner, v.weight, v.conflict
      from own join review v on v.workspace_id = %(workspace_id)s and v.a = own.record_id
     union all
    select v.a, v.weight, v.conflict
      from own join review v on v.workspace_id = %(workspace_id)s and v.b = own.record_id
     union all
    select m.b, 0, true
      from own join manual_link m on m.workspace_id = %(workspace_id)s and m.a = own.record_id
     where m.together is not null
     union all
    select m.a, 0, true
      from own join manual_link m on m.workspace_id = %(workspace_id)s and m.b = own.record_id
     where m.together is not null
)
select partner from seen group by partner order by bool_or(conflict) desc, max(weight) desc, partner limit %(limit)s;

-- name: members
-- All records of the components of some profiles, those of the profiles first, then of some records; with their figures.
with touched as (
    select component_id, min(far) as far from (
        select component_id, 0 as far from record
         where workspace_id = %(workspace_id)s and profile_id = any(%(profiles)s::uuid[])
         union all
        select component_id, 1 from record
         where workspace_id = %(workspace_id)s and record_id = any(%(records)s::uuid[])
    ) as named group by component_id
)
select touched.far, r.component_id, r.profile_id, r.record_id, r.source_id, r.known, r.first_at, r.sealed_key,
       r.sealed, f.last_at, f.figures
  from touched
 cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and component_id = touched.component_id offset 0
 ) as r
  left join lateral (
    select last_at, figures from record_figures
     where workspace_id = %(workspace_id)s and record_id = r.record_id limit 1
 ) as f on true
 order by array_position(%(profiles)s::uuid[], r.profile_id), touched.far, r.first_at, r.record_id
 limit %(limit)s;

-- name: record_count
-- How many records a profile has.
select count(*) from record where workspace_id = %(workspace_id)s and profile_id = %(profile_id)s::uuid;

-- name: crowded_among
-- Which of some keys too many records share.
select key from crowded_key
 where workspace_id = %(workspace_id)s and model_no = %(model_no)s and key = any(%(keys)s::bigint[]);

-- name: decided_among
-- What people decided on pairs of some records, and who said so when and why.
select m.a, m.b, m.together, m.said_at, m.decision_id, d.actor, d.reason
  from manual_link m
  left join decision d on d.workspace_id = %(workspace_id)s and d.decision_id = m.decision_id
 where m.workspace_id = %(workspace_id)s and m.a = any(%(ids)s::uuid[]) and m.b = any(%(ids)s::uuid[])
   and m.together is not null
 order by m.said_at desc, m.a, m.b
 limit %(limit)s;
