-- What waits for a second person, and what became of it. Who looks sees what they asked for, and what they may decide on.

-- name: ask
-- Put something before a second person, unless too many wait; a repeat of one is the same.
insert into approval (
    workspace_id, approval_id, kind, subject, asked_by, asked_at, stores, reason, command, state, expires_at
)
select %(workspace_id)s, %(approval_id)s::uuid, %(kind)s, %(subject)s::uuid, %(asked_by)s, %(now)s, %(stores)s::text[],
       %(reason)s, %(command)s::jsonb, 'open', %(expires_at)s
 where (select count(*) from (
        select from approval
         where workspace_id = %(workspace_id)s and state = 'open' and expires_at > %(now)s and kind = %(kind)s
         limit %(most)s) as w) < %(most)s
on conflict (workspace_id, approval_id) do nothing
returning approval_id;

-- name: one
-- One of them.
select approval_id, kind, subject, asked_by, asked_at, stores, reason, command,
       case when state = 'open' and expires_at <= %(now)s then 'lapsed' else state end,
       decided_by, decided_at, note, expires_at, outcome
  from approval
 where workspace_id = %(workspace_id)s and approval_id = %(approval_id)s::uuid;

-- name: hold
-- The same, held until the transaction ends.
select approval_id, kind, subject, asked_by, asked_at, stores, reason, command,
       case when state = 'open' and expires_at <= %(now)s then 'lapsed' else state end,
       decided_by, decided_at, note, expires_at, outcome
  from approval
 where workspace_id = %(workspace_id)s and approval_id = %(approval_id)s::uuid
   for update;

-- name: decide
-- What somebody decided.
update approval set state = %(state)s, decided_by = %(decided_by)s, decided_at = %(now)s, note = %(note)s
 where workspace_id = %(workspace_id)s and approval_id = %(approval_id)s::uuid and state = 'open';

-- name: carried_out
-- What became of it.
update approval set outcome = %(outcome)s
 where workspace_id = %(workspace_id)s and approval_id = %(approval_id)s::uuid and outcome is null;

-- name: listed
-- Those that wait, or the others, the newest first, from a place on.
select approval_id, kind, subject, asked_by, asked_at, stores, reason, command,
       case when state = 'open' and expires_at <= %(now)s then 'lapsed' else state end,
       decided_by, decided_at, note, expires_at, outcome
  from approval
 where workspace_id = %(workspace_id)s
       and (%(waiting)s::boolean is null or %(waiting)s = (
            (state = 'open' and expires_at > %(now)s)
            or (outcome is null and (state = 'approved'
                                     or (state = 'rejected' and kind = any(%(refusing)s::text[]))))))
       and (%(subject)s::uuid[] is null or subject = any(%(subject)s::uuid[]))
       and (%(everything)s or asked_by = %(actor)s
            or (kind = any(%(kinds)s::text[]) and (%(stores)s::text[] is null or stores && %(stores)s::text[])))
       and (asked_at, approval_id) < (%(before)s::timestamptz, %(id)s::uuid)
 order by asked_at desc, approval_id desc
 limit %(limit)s;

-- name: waiting
-- Who asked for what still waits, for counting it.
select kind, asked_by, stores from approval
 where workspace_id = %(workspace_id)s and state = 'open' and expires_at > %(now)s
 order by asked_at
 limit %(limit)s;

-- name: key_maker
-- Who made an API key.
select created_by from api_key where workspace_id = %(workspace_id)s and key_id = %(key_id)s::uuid;

-- name: was_posted
-- Whether an event moved points.
select exists (
    select from ledger_txn where workspace_id = %(workspace_id)s and event_key = %(event_key)s::uuid and kind = %(kind)s
);
