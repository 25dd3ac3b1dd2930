-- name: lock_workspace
-- One writer per workspace: wait for the lock, hold it to the end of the transaction.
select pg_advisory_xact_lock(1382, %(workspace_id)s)

-- name: load_state
-- The counters of the workspace.
select event_no, turn_no, cache_no from workspace_state where workspace_id = %(workspace_id)s

-- name: find_event_keys
-- Which keys of a batch were taken before: duplicates. Under the lock, so that nobody enters one meanwhile.
select event_key from event_key where workspace_id = %(workspace_id)s and event_key = any(%(keys)s::uuid[])

-- name: save_event_keys
-- Enter the keys of the new events of a batch.
insert into event_key (workspace_id, event_key)
select %(workspace_id)s, key from unnest(%(keys)s::uuid[]) as key

-- name: load_people
-- Records and their figures by id, in one look. The sealed fields stay behind where all that is said of a record
-- is its last content again, not before its first event: most events need no more. Ids that are the record's own
-- come as null. What is asked has the form of figures: the record, the content and the time of what is said.
select uuid_send(r.record_id), r.source_id, r.known, r.first_at, uuid_send(nullif(r.component_id, r.record_id)),
    uuid_send(nullif(r.profile_id, r.record_id)), r.sealed_key,
    case when f.seen_hash = asked.seen_hash and asked.last_at >= r.first_at then null else r.sealed end,
    f.last_at, f.figures, uuid_send(f.seen_hash), f.seen_at, uuid_send(f.seen_key)
from unnest(%(asked)b::record_figures[]) as asked
cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and record_id = asked.record_id limit 1
) as r
left join lateral (
    select * from record_figures where workspace_id = %(workspace_id)s and record_id = asked.record_id limit 1
) as f on true

-- name: save_events
-- The events of a batch.
insert into event (
    workspace_id, event_no, received_at, occurred_at, event_key, turn_no, source_id, type, record_id, sealed
)
select x.workspace_id, x.event_no, x.received_at, x.occurred_at, x.event_key, x.turn_no, x.source_id, x.type,
    x.record_id, x.sealed
from unnest(%(rows)b::event[]) as x

-- name: save_outbox
-- What the batch wants done outside; the same wish twice is one.
insert into outbox (workspace_id, kind, source_id, dedupe, body, due_at)
select %(workspace_id)s, x.kind, x.source, x.dedupe, x.body, %(now)s
from json_to_recordset(%(doc)s::json) as x(kind text, source integer, dedupe uuid, body jsonb)
on conflict (workspace_id, dedupe) do nothing

-- name: save_quarantine
-- Messages that could not be events, sealed under keys of their own.
insert into quarantine (
    workspace_id, quarantine_id, received_at, source_id, door, type, code, field, message, sealed_key, sealed
)
select %(workspace_id)s, x.id, x.received_at, x.source, x.door, x.type, x.code, x.field, x.message,
    substring(%(blob)b::bytea, x.key_at, x.key_size), substring(%(blob)b::bytea, x.at, x.size)
from json_to_recordset(%(doc)s::json) as x(
    id uuid, received_at timestamptz, source integer, door text, type text, code text, field text,
    message text, key_at integer, key_size integer, at integer, size integer
)

-- name: mark_tried_again
-- Rejected messages that were tried again in vain: one more attempt, and the newer fault.
update quarantine q set attempts = q.attempts + 1, code = x.code, field = x.field, message = x.message
from json_to_recordset(%(doc)s::json) as x(id uuid, code text, field text, message text)
where q.workspace_id = %(workspace_id)s and q.quarantine_id = x.id

-- name: save_turn
-- The clock readings of a turn.
insert into turn (workspace_id, turn_no, at, events, checked_at, loaded_at, decided_at, saved_at)
values (
    %(workspace_id)s, %(turn_no)s, %(now)s, %(events)s, %(checked_at)s, %(loaded_at)s, %(decided_at)s,
    clock_timestamp()
)

-- name: save_state
-- Move the counters of the workspace on.
update workspace_state set
    event_no = %(event_no)s, turn_no = %(turn_no)s, cache_no = cache_no + %(cache_step)s,
    profiles = profiles + %(profiles_delta)s, turn_at = %(now)s,
    canary_at = greatest(canary_at, %(canary_at)s)
where workspace_id = %(workspace_id)s

-- name: refresh_statistics
-- Let the planner look at tables that grew much (workspace_id is not asked: statistics are the table's).
select refresh_statistics()
