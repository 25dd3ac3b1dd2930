-- What people decide of records, what waits for them to decide, and what a decision would do.

-- name: surroundings
-- Every record of the components of some records, with its figures.
select r.record_id, r.profile_id, r.source_id, r.known, r.first_at, r.sealed_key, r.sealed, f.last_at, f.figures
  from (
    select distinct component_id from record
     where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
  ) as c
 cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and component_id = c.component_id offset 0
 ) as r
  left join lateral (
    select last_at, figures from record_figures
     where workspace_id = %(workspace_id)s and record_id = r.record_id limit 1
 ) as f on true
 limit %(limit)s;

-- name: crowded_among
-- Which of some keys too many records share.
select key from crowded_key
 where workspace_id = %(workspace_id)s and model_no = %(model_no)s and key = any(%(keys)s::bigint[]);

-- name: words_on
-- The last word on each pair that one of some records is in.
select a, b, together, said_at, decision_id from manual_link
 where workspace_id = %(workspace_id)s and a = any(%(ids)s::uuid[])
union
select a, b, together, said_at, decision_id from manual_link
 where workspace_id = %(workspace_id)s and b = any(%(ids)s::uuid[]);

-- name: decision
-- One decision.
select decision_id, at, actor, reason, together, pairs, undoes, audited from decision
 where workspace_id = %(workspace_id)s and decision_id = %(decision_id)s::uuid;

-- name: words_before
-- The pairs a decision still has the last word on, each with the word before it.
select m.a, m.b, old.together
  from manual_link m
  left join lateral (
    select d.together
      from decision_pair p
      join decision d on d.workspace_id = p.workspace_id and d.decision_id = p.decision_id
     where p.workspace_id = m.workspace_id and p.a = m.a and p.b = m.b
       and (d.at, d.decision_id) < (m.said_at, m.decision_id)
     order by d.at desc, d.decision_id desc
     limit 1
 ) as old on true
 where m.workspace_id = %(workspace_id)s and m.decision_id = %(decision_id)s::uuid
 order by m.a, m.b;

-- name: decisions
-- Decisions, the newest first, from a place on: each with whether it still holds, and profiles it is about now.
select d.decision_id, d.at, d.actor, d.reason, d.together, d.pairs, d.undoes,
       exists (select from manual_link m where m.workspace_id = d.workspace_id and m.decision_id = d.decision_id),
       array(
         select distinct r.profile_id
           from (
             select a, b from decision_pair
              where workspace_id = d.workspace_id and decision_id = d.decision_id
              limit %(pairs)s
           ) as p
           join record r on r.workspace_id = d.workspace_id and r.record_id in (p.a, p.b)
       ) as profiles
  from decision d
 where d.workspace_id = %(workspace_id)s and (d.at, d.decision_id) < (%(at)s::timestamptz, %(id)s::uuid)
 order by d.at desc, d.decision_id desc
 limit %(limit)s;

-- name: decisions_of
-- The same of those that spoke of a record of one profile.
select d.decision_id, d.at, d.actor, d.reason, d.together, d.pairs, d.undoes,
       exists (select from manual_link m where m.workspace_id = d.workspace_id and m.decision_id = d.decision_id),
       array(
         select distinct r.profile_id
           from (
             select a, b from decision_pair
              where workspace_id = d.workspace_id and decision_id = d.decision_id
              limit %(pairs)s
           ) as p
           join record r on r.workspace_id = d.workspace_id and r.record_id in (p.a, p.b)
       ) as profiles
  from (
    select distinct p.decision_id
      from record r
     cross join lateral (
        select decision_id from decision_pair where workspace_id = r.workspace_id and a = r.record_id
        union all
        select decision_id from decision_pair where workspace_id = r.workspace_id and b = r.record_id
     ) as p
     where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
  ) as mine
  join decision d on d.workspace_id = %(workspace_id)s and d.decision_id = mine.decision_id
 where (d.at, d.decision_id) < (%(at)s::timestamptz, %(id)s::uuid)
 order by d.at desc, d.decision_id desc
 limit %(limit)s;

-- name: reviews
-- Pairs that wait for somebody to look, the heaviest first, from a place on.
select v.a, v.b, v.weight, v.conflict, v.since, one.profile_id, other.profile_id
  from review v
  join record one on one.workspace_id = v.workspace_id and one.record_id = v.a
  join record other on other.workspace_id = v.workspace_id and other.record_id = v.b
 where v.workspace_id = %(workspace_id)s
   and v.weight <= %(weight)s::float8
   and (v.weight < %(weight)s::float8 or (v.a, v.b) > (%(a)s::uuid, %(b)s::uuid))
   and v.weight >= %(least)s::float8
   and (%(conflict)s::boolean is null or v.conflict = %(conflict)s::boolean)
 order by v.weight desc, v.a, v.b
 limit %(limit)s;

-- name: reviews_named
-- Those of some pairs (a < b) that wait.
select v.a, v.b, v.weight, v.conflict, v.since, one.profile_id, other.profile_id
  from unnest(%(a)s::uuid[], %(b)s::uuid[]) as asked(a, b)
  join review v on v.workspace_id = %(workspace_id)s and v.a = asked.a and v.b = asked.b
  join record one on one.workspace_id = v.workspace_id and one.record_id = v.a
  join record other on other.workspace_id = v.workspace_id and other.record_id = v.b
 order by v.weight desc, v.a, v.b;

-- name: count_reviews
-- How many pairs wait, and how many of them are conflicts, counted up to a limit.
select count(*), count(*) filter (where conflict)
  from (select conflict from review where workspace_id = %(workspace_id)s limit %(limit)s) as few;

-- name: people_waiting
-- The profiles of the heaviest pairs that wait.
select distinct r.profile_id
  from (
    select a, b from review where workspace_id = %(workspace_id)s order by weight desc, a, b limit %(limit)s
  ) as v
  join record r on r.workspace_id = %(workspace_id)s and r.record_id in (v.a, v.b);

-- name: profiles_of_records
-- The profiles that some records belong to now.
select distinct profile_id from record
 where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) order by profile_id;
