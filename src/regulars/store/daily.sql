-- What is due once a day in a loyalty programme, members in the order of their ids, page by page.

-- name: position
-- How far a task has come.
select done_day, upto, after from loyalty_daily
where workspace_id = %(workspace_id)s and programme = %(programme)s and task = %(task)s

-- name: first_position
-- A task begins: what was due before is left alone.
insert into loyalty_daily (workspace_id, programme, task, done_day)
values (%(workspace_id)s, %(programme)s, %(task)s, %(done_day)s)
on conflict (workspace_id, programme, task) do nothing

-- name: move
-- A task has come further, unless another program was there first.
update loyalty_daily set done_day = %(done_day)s, upto = %(upto)s, after = %(after)s::uuid
where workspace_id = %(workspace_id)s and programme = %(programme)s and task = %(task)s
    and done_day = %(old_done)s and upto is not distinct from %(old_upto)s and after = %(old_after)s::uuid
returning true

-- name: members
-- The next accounts in the order of their records, each with all records of its profile and what they earned by day.
with page as (
    select record_id from loyalty_account
    where workspace_id = %(workspace_id)s and programme = %(programme)s and record_id > %(after)s::uuid
    order by record_id limit %(limit)s
)
select p.record_id, r.profile_id, r.record_id, r.sealed_key, r.sealed, a.status, a.credits
from page p
join record o on o.workspace_id = %(workspace_id)s and o.record_id = p.record_id
join record r on r.workspace_id = %(workspace_id)s and r.profile_id = o.profile_id
left join loyalty_account a on a.workspace_id = %(workspace_id)s and a.programme = %(programme)s
    and a.record_id = r.record_id
order by p.record_id, r.record_id

-- name: ending
-- The next profiles that points of a type end for within a window of theirs, each with all points of theirs that end.
with due as (
    select distinct r.profile_id
    from unnest(%(points)s::text[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) as w(point, starts, ends)
    join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.programme = %(programme)s and l.point = w.point
        and l.open and l.expires_at > w.starts and l.expires_at <= w.ends and l.expires_at > %(now)s
    join record r on r.workspace_id = %(workspace_id)s and r.record_id = l.record_id
    where r.profile_id > %(after)s::uuid
    order by 1 limit %(limit)s
)
select d.profile_id, l.point, l.expires_at, sum(l.remaining)::bigint
from due d
join record r on r.workspace_id = %(workspace_id)s and r.profile_id = d.profile_id
join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.programme = %(programme)s and l.record_id = r.record_id
    and l.open and l.expires_at > %(now)s
group by 1, 2, 3
order by 1, 2, 3
