-- Webhooks: the endpoints of a workspace, the messages for them in the outbox, the attempts at delivering these.

-- name: load_endpoints
-- The endpoints that are told something, and of what; an engine keeps this in memory.
select endpoint_id, types from webhook
 where workspace_id = %(workspace_id)s and disabled_at is null and deleted_at is null
 order by endpoint_id;

-- name: save_messages
-- Puts messages into the outbox; one with a word of consent only where that word changes what holds until now.
insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
select %(workspace_id)s, 'webhook', x.endpoint, x.dedupe, x.body, %(now)s
  from json_to_recordset(%(doc)s::json) as x(
       endpoint integer, dedupe uuid, body jsonb, address uuid, channel text, purpose text, granted boolean,
       occurred_at timestamptz, event_key uuid
       )
  left join consent c
    on c.workspace_id = %(workspace_id)s and c.address = x.address and c.channel = x.channel and c.purpose = x.purpose
 where x.address is null or c.address is null
    or (x.granted <> c.granted
        and (x.occurred_at, not x.granted, x.event_key) > (c.occurred_at, not c.granted, c.event_key))
    on conflict (workspace_id, dedupe) do nothing;

-- name: all_endpoints
-- Lists the endpoints of a workspace in the order they were added, or one; what waits and failed, counted to a limit.
select w.endpoint_id, w.url, w.description, w.types, w.created_at, w.disabled_at, w.disabled_why, w.tried_at,
       w.delivered_at, w.failing_since, w.old_secret_until,
       (select count(*) from (
            select from outbox
             where workspace_id = %(workspace_id)s and source_id = w.endpoint_id and kind = 'webhook'
               and state = 'pending'
             limit %(counted)s) as waiting),
       (select count(*) from (
            select from outbox
             where workspace_id = %(workspace_id)s and source_id = w.endpoint_id and kind = 'webhook'
               and state = 'dead'
             limit %(counted)s) as failed)
  from webhook w
 where w.workspace_id = %(workspace_id)s and w.deleted_at is null
   and (%(endpoint_id)s::integer is null or w.endpoint_id = %(endpoint_id)s)
 order by w.endpoint_id;

-- name: lock_endpoint
-- Reads one endpoint and keeps others from changing it until the transaction ends.
select url, description, types, disabled_at, sealed_secret, sealed_old_secret, old_secret_until from webhook
 where workspace_id = %(workspace_id)s and endpoint_id = %(endpoint_id)s and deleted_at is null
   for update;

-- name: lock_register
-- Lets one endpoint be added at a time, so that the limit holds.
select workspace_id from workspace_state where workspace_id = %(workspace_id)s for update;

-- name: count_endpoints
-- How many endpoints there are.
select count(*) from webhook where workspace_id = %(workspace_id)s and deleted_at is null;

-- name: next_endpoint
-- The number of the next endpoint.
select coalesce(max(endpoint_id), 0) + 1 from webhook where workspace_id = %(workspace_id)s;

-- name: add_endpoint
-- Adds an endpoint.
insert into webhook (workspace_id, endpoint_id, url, description, types, sealed_secret)
values (%(workspace_id)s, %(endpoint_id)s, %(url)s, %(description)s, %(types)s::text[], %(sealed)s);

-- name: change_endpoint
-- Replaces what an endpoint is told, and where.
update webhook set url = %(url)s, description = %(description)s, types = %(types)s::text[]
 where workspace_id = %(workspace_id)s and endpoint_id = %(endpoint_id)s;

-- name: switch_endpoint
-- Switches an endpoint off, with the reason, or on again.
update webhook
   set disabled_at = case when %(why)s::text is not null then now() end, disabled_why = %(why)s, failing_since = null
 where workspace_id = %(workspace_id)s and endpoint_id = %(endpoint_id)s;

-- name: rotate_secret
-- Puts a new secret in place; the old one signs too until its end.
update webhook
   set sealed_old_secret = sealed_secret, sealed_secret = %(sealed)s, old_secret_until = %(until)s
 where workspace_id = %(workspace_id)s and endpoint_id = %(endpoint_id)s;

-- name: delete_endpoint
-- Takes an endpoint out of the list, and its secrets away; its messages go with time.
update webhook
   set deleted_at = now(), sealed_secret = '\x', sealed_old_secret = null, old_secret_until = null
 where workspace_id = %(workspace_id)s and endpoint_id = %(endpoint_id)s;

-- name: move_cache
-- Tells the engines to look at the endpoints anew, from the next turn on.
update workspace_state set cache_no = cache_no + 1 where workspace_id = %(workspace_id)s;

-- name: claim_messages
-- Takes what is due, up to `free` per endpoint, and hides it from others until the lease ends.
with due as (
    select o.workspace_id, o.outbox_id, w.url, w.sealed_secret, w.sealed_old_secret, w.old_secret_until
      from webhook w
     cross join lateral (
           select workspace_id, outbox_id
             from outbox
            where workspace_id = %(workspace_id)s
              and source_id = w.endpoint_id
              and kind = 'webhook'
              and state = 'pending'
              and due_at <= now()
            order by due_at
            limit coalesce((%(free)s::jsonb ->> w.endpoint_id::text)::integer, %(free_else)s)
              for update skip locked
           ) o
     where w.workspace_id = %(workspace_id)s and w.disabled_at is null and w.deleted_at is null
)
update outbox o
   set attempts = o.attempts + 1,
       due_at = now() + make_interval(secs => %(lease_seconds)s)
  from due
 where o.workspace_id = %(workspace_id)s and o.outbox_id = due.outbox_id
returning o.outbox_id, o.source_id, o.body, o.attempts, due.url, due.sealed_secret,
       case when due.old_secret_until > now() then due.sealed_old_secret end;

-- name: next_message_due
-- Seconds until the next message for an endpoint that is on is due, null when none waits; and how many are on.
select extract(epoch from min(o.due_at) - now())::double precision, count(*)
  from webhook w
  left join lateral (
       select due_at
         from outbox
        where workspace_id = %(workspace_id)s
          and source_id = w.endpoint_id
          and kind = 'webhook'
          and state = 'pending'
        order by due_at
        limit 1
       ) o on true
 where w.workspace_id = %(workspace_id)s and w.disabled_at is null and w.deleted_at is null;

-- name: add_attempts
-- Notes how attempts went; those at messages that are gone meanwhile are passed over.
insert into webhook_attempt (workspace_id, outbox_id, at, status, took_ms, error, sealed_answer)
select %(workspace_id)s, o.outbox_id, x.at, x.status, x.took_ms, x.error, decode(x.sealed, 'base64')
  from json_to_recordset(%(doc)s::json) as x(
       outbox_id bigint, at timestamptz, status integer, took_ms integer, error text, sealed text
       )
  join outbox o on o.workspace_id = %(workspace_id)s and o.outbox_id = x.outbox_id
 order by x.at;

-- name: note_health
-- Notes how an endpoint does, and tells since when it fails; a turn of luck in between counts as well.
update webhook w
   set tried_at = greatest(w.tried_at, x.at),
       delivered_at = case when x.delivered then greatest(w.delivered_at, x.at) else w.delivered_at end,
       failing_since = case when not x.delivered then coalesce(w.failing_since, x.at) end
  from json_to_recordset(%(doc)s::json) as x(endpoint_id integer, at timestamptz, delivered boolean)
 where w.workspace_id = %(workspace_id)s and w.endpoint_id = x.endpoint_id
returning w.endpoint_id, w.failing_since, w.disabled_at is not null;

-- name: list_messages
-- Lists the messages of an endpoint, newest first, from a place on.
select outbox_id, body ->> 'id', body ->> 'type', created_at, state, attempts, due_at, done_at,
       (select a.status from webhook_attempt a
         where a.workspace_id = %(workspace_id)s and a.outbox_id = outbox.outbox_id
         order by a.attempt_no desc limit 1),
       last_error
  from outbox
 where workspace_id = %(workspace_id)s and source_id = %(endpoint_id)s and kind = 'webhook'
   and (%(state)s::text is null or state = %(state)s)
   and (%(type)s::text is null or body ->> 'type' = %(type)s)
   and (%(before)s::bigint is null or outbox_id < %(before)s)
 order by outbox_id desc
 limit %(limit)s;

-- name: find_message
-- One message of an endpoint with what it says.
select outbox_id, body ->> 'id', body ->> 'type', created_at, state, attempts, due_at, done_at, null, last_error, body
  from outbox
 where workspace_id = %(workspace_id)s and source_id = %(endpoint_id)s and kind = 'webhook'
   and outbox_id = %(outbox_id)s;

-- name: list_attempts
-- The attempts at a message, newest first.
select at, took_ms, status, error, sealed_answer
  from webhook_attempt
 where workspace_id = %(workspace_id)s and outbox_id = %(outbox_id)s
 order by attempt_no desc
 limit %(limit)s;

-- name: resend_message
-- Has a message sent once more, whether it was delivered or given up.
update outbox
   set state = 'pending', attempts = 0, due_at = now(), done_at = null
 where workspace_id = %(workspace_id)s and source_id = %(endpoint_id)s and kind = 'webhook'
   and outbox_id = %(outbox_id)s and state <> 'pending'
returning outbox_id;

-- name: resend_failed
-- Has those sent once more that were given up and became true since a time, the oldest first, a bounded number.
update outbox
   set state = 'pending', attempts = 0, due_at = now(), done_at = null
 where workspace_id = %(workspace_id)s
   and outbox_id in (
       select outbox_id
         from outbox
        where workspace_id = %(workspace_id)s and source_id = %(endpoint_id)s and kind = 'webhook'
          and state = 'dead' and created_at >= %(since)s
        order by outbox_id
        limit %(limit)s
       )
returning outbox_id;

-- name: sweep_messages
-- Removes messages and their attempts that are older than they are kept, a bounded number at a time.
delete from outbox
 where workspace_id = %(workspace_id)s
   and outbox_id in (
       select o.outbox_id
         from webhook w
        cross join lateral (
              select outbox_id, created_at
                from outbox
               where workspace_id = %(workspace_id)s and source_id = w.endpoint_id and kind = 'webhook'
               order by outbox_id
               limit %(limit)s
              ) o
        where w.workspace_id = %(workspace_id)s and o.created_at < now() - make_interval(days => %(days)s)
       );

-- name: sweep_endpoints
-- Removes deleted endpoints that have no messages left.
delete from webhook w
 where w.workspace_id = %(workspace_id)s and w.deleted_at is not null
   and not exists (
       select from outbox
        where workspace_id = %(workspace_id)s and source_id = w.endpoint_id and kind = 'webhook'
       );
