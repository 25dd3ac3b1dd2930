-- The outbox: what a turn wanted done outside, claimed and settled by delivery.

-- name: all_workspaces
-- Lists the workspaces whose outboxes are to be emptied.
select workspace_id from workspace order by workspace_id;

-- name: claim_effects
-- Takes what is due, up to `free` per source, and hides it from others until the lease ends.
with due as (
    select o.workspace_id, o.outbox_id
      from source s
     cross join lateral (
           select workspace_id, outbox_id
             from outbox
            where workspace_id = %(workspace_id)s
              and source_id = s.source_id
              and kind = %(kind)s
              and state = 'pending'
              and due_at <= now()
            order by due_at
            limit coalesce((%(free)s::jsonb ->> s.source_id::text)::integer, %(free_else)s)
              for update skip locked
           ) o
     where s.workspace_id = %(workspace_id)s
)
update outbox o
   set attempts = o.attempts + 1,
       due_at = now() + make_interval(secs => %(lease_seconds)s)
  from due
 where o.workspace_id = %(workspace_id)s and o.outbox_id = due.outbox_id
returning o.outbox_id, o.source_id, o.body, o.attempts, o.wish;

-- name: settle_effects
-- Writes how claimed effects ended, unless another has claimed them since. One that was wished for anew meanwhile may
-- have looked too early, so it is due again; rows are locked in the order in which turns lock them.
with ended as (
    select o.outbox_id, x.state, x.error, x.wait_seconds, x.forgiven, x.again,
           o.wish > x.wish and (x.state <> 'pending' or x.again) as anew
      from json_to_recordset(%(doc)s::json) as x(
           outbox_id bigint, attempts integer, state text, error text, wait_seconds double precision,
           forgiven integer, wish integer, again boolean
           )
      join outbox o
        on o.workspace_id = %(workspace_id)s and o.outbox_id = x.outbox_id and o.attempts = x.attempts
           and o.state = 'pending'
     order by o.dedupe
       for update of o
)
update outbox o
   set state = case when e.anew then 'pending' else e.state end,
       attempts = case when e.anew or e.again then 0 else o.attempts - e.forgiven end,
       last_error = e.error,
       done_at = case when e.state <> 'pending' and not e.anew then now() end,
       due_at = case when e.anew then now()
                     when e.state = 'pending' then now() + make_interval(secs => e.wait_seconds)
                     else o.due_at end
  from ended e
 where o.workspace_id = %(workspace_id)s and o.outbox_id = e.outbox_id;

-- name: next_due
-- Seconds until the next effect is due; null when none waits.
select extract(epoch from min(o.due_at) - now())::double precision
  from source s
 cross join lateral (
       select due_at
         from outbox
        where workspace_id = %(workspace_id)s
          and source_id = s.source_id
          and kind = %(kind)s
          and state = 'pending'
        order by due_at
        limit 1
       ) o
 where s.workspace_id = %(workspace_id)s;

-- name: outbox_figures
-- How many effects of a kind wait and how many were given up.
select count(*) filter (where state = 'pending' and (attempts > 0 or due_at <= now() or last_error is not null)),
       count(*) filter (where state = 'dead')
  from outbox
 where workspace_id = %(workspace_id)s and kind = %(kind)s and state in ('pending', 'dead');

-- name: dead_effects
-- Lists fetches that were given up, newest first.
select outbox_id, source_id, body, attempts, done_at, last_error
  from outbox
 where workspace_id = %(workspace_id)s and kind = 'fetch' and state = 'dead'
 order by done_at desc, outbox_id desc
 limit %(limit)s;

-- name: revive_effects
-- Tries fetches that were given up once more, those of one source or all.
update outbox
   set state = 'pending', attempts = 0, due_at = now(), done_at = null
 where workspace_id = %(workspace_id)s and kind = 'fetch' and state = 'dead'
   and (%(source_id)s::integer is null or source_id = %(source_id)s)
returning outbox_id;

-- name: sweep_outbox
-- Removes fetches done long ago, a bounded number at a time.
delete from outbox
 where workspace_id = %(workspace_id)s
   and outbox_id in (
       select outbox_id
         from outbox
        where workspace_id = %(workspace_id)s and state = 'done'
          and done_at < now() - make_interval(days => %(days)s)
        limit %(limit)s
          for update skip locked
       );
