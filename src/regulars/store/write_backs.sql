-- Write-back: members whose points a vendor is to be told, one effect for each member and source.

-- name: load_sources
-- The sources whose vendors are told; an engine keeps this in memory.
select source_id from source
 where workspace_id = %(workspace_id)s and disabled_at is null and options ->> 'write_back' = 'on'
 order by source_id;

-- name: wish
-- Wishes that members be told of, those that the source knows, and that rewards be given or ended; `again`: only where
-- it was wished for before, `met`: only of who has an account in a programme. One that waits or is under way already is not doubled: it is noted that it was wished for
-- anew, so that it is performed once more if it had looked before.
insert into outbox as o (workspace_id, kind, source_id, dedupe, body, due_at)
select %(workspace_id)s, 'write_back', x.source, x.dedupe, x.body, %(now)s
  from json_to_recordset(%(doc)s::json) as x(source integer, dedupe uuid, body jsonb, again boolean, met boolean)
 where case
           when x.again then exists (
               select from outbox e where e.workspace_id = %(workspace_id)s and e.dedupe = x.dedupe
           )
           else x.body ? 'hold' or exists (
               select from record r
                where r.workspace_id = %(workspace_id)s and r.profile_id = (x.body ->> 'member')::uuid
                  and r.source_id = x.source
           ) and (not x.met or exists (
               select from record m
                 join loyalty_account a on a.workspace_id = %(workspace_id)s and a.record_id = m.record_id
                where m.workspace_id = %(workspace_id)s and m.profile_id = (x.body ->> 'member')::uuid
           ))
       end
 order by x.dedupe
    on conflict (workspace_id, dedupe) do update
   set wish = o.wish + 1,
       state = 'pending',
       attempts = case when o.state = 'pending' then o.attempts else 0 end,
       due_at = case when o.state = 'pending' and o.attempts > 0 then o.due_at else excluded.due_at end,
       done_at = null
 where o.workspace_id = %(workspace_id)s;

-- name: members_from
-- Customers that a source knows and that have points or joined, a page of them in the order of their ids.
select distinct r.profile_id
  from record r
 where r.workspace_id = %(workspace_id)s and r.profile_id > %(after)s::uuid and r.source_id = %(source_id)s
   and exists (
       select from record m
         join loyalty_account a on a.workspace_id = %(workspace_id)s and a.record_id = m.record_id
        where m.workspace_id = %(workspace_id)s and m.profile_id = r.profile_id
       )
 order by r.profile_id
 limit %(limit)s;

-- name: figures_of
-- How many members of a source wait or are given up, counted to a limit, and when one was last told.
select (select count(*) from (
            select from outbox
             where workspace_id = %(workspace_id)s and kind = 'write_back' and source_id = %(source_id)s
               and state = 'pending' and (attempts > 0 or due_at <= now() or last_error is not null)
             limit %(counted)s) as waiting),
       (select count(*) from (
            select from outbox
             where workspace_id = %(workspace_id)s and kind = 'write_back' and source_id = %(source_id)s
               and state = 'dead'
             limit %(counted)s) as failed),
       (select max(done_at) from outbox
         where workspace_id = %(workspace_id)s and kind = 'write_back' and source_id = %(source_id)s
           and state = 'done');

-- name: troubled
-- Members whose vendor could not be told yet: those given up first, the latest first.
select outbox_id, body ->> 'member', state, attempts, coalesce(done_at, due_at), last_error
  from outbox
 where workspace_id = %(workspace_id)s and kind = 'write_back' and source_id = %(source_id)s
   and (state = 'dead' or (state = 'pending' and last_error is not null))
 order by state, coalesce(done_at, due_at) desc, outbox_id desc
 limit %(limit)s;

-- name: revive
-- Tries members that were given up once more.
update outbox
   set state = 'pending', attempts = 0, due_at = now(), done_at = null, wish = wish + 1
 where workspace_id = %(workspace_id)s
   and outbox_id in (
       select outbox_id from outbox
        where workspace_id = %(workspace_id)s and kind = 'write_back' and source_id = %(source_id)s
          and state = 'dead'
        order by dedupe
          for update skip locked
       )
returning outbox_id;
