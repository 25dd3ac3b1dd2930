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
returning o.outbox_id, o.source_id, o.body, o.attempts;

-- name: settle_effects
-- Writes how claimed effects ended, unless another has claimed them since.
update outbox o
   set state = x.state,
       attempts = o.attempts - x.forgiven,
       last_error = x.error,
       done_at = case when x.state <> 'pending' then now() end,
       due_at = case when x.state = 'pending' then now() + make_interval(secs => x.wait_seconds) else o.due_at end
  from json_to_recordset(%(doc)s::json) as x(
       outbox_id bigint, attempts integer, state text, error text, wait_seconds double precision, forgiven integer
       )
 where o.workspace_id = %(workspace_id)s and o.outbox_id = x.outbox_id and o.attempts = x.attempts
   and o.state = 'pending';

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
select count(*) filter (where state = 'pending'), count(*) filter (where state = 'dead')
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
       );
