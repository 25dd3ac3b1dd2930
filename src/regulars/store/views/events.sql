-- The event log and the quarantine as the screens read them.

-- name: latest_events
-- The newest events that pass the filter, with their turn and their record's key; canaries only on request.
select e.event_no, e.type, e.source_id, e.occurred_at, e.received_at, e.record_id, r.profile_id,
       r.sealed_key, e.sealed, t.checked_at, t.loaded_at, t.decided_at, t.saved_at, e.turn_no
  from event e
  left join record r on r.workspace_id = e.workspace_id and r.record_id = e.record_id
  left join turn t on t.workspace_id = e.workspace_id and t.turn_no = e.turn_no
 where e.workspace_id = %(workspace_id)s
   and (%(before)s::bigint is null or e.event_no < %(before)s::bigint)
   and e.event_no > %(after)s::bigint
   and (%(source_id)s::integer is null or e.source_id = %(source_id)s::integer)
   and case when %(type)s::text is null then e.type <> 'regulars.canary'
            else e.type = %(type)s::text or split_part(e.type, '.', 1) = %(type)s::text end
 order by e.event_no desc
 limit %(limit)s;

-- name: one_event
-- One event with its turn and its record's key.
select e.event_no, e.type, e.source_id, e.occurred_at, e.received_at, e.record_id, r.profile_id,
       r.sealed_key, e.sealed, t.checked_at, t.loaded_at, t.decided_at, t.saved_at, e.turn_no
  from event e
  left join record r on r.workspace_id = e.workspace_id and r.record_id = e.record_id
  left join turn t on t.workspace_id = e.workspace_id and t.turn_no = e.turn_no
 where e.workspace_id = %(workspace_id)s and e.event_no = %(event_no)s::bigint;

-- name: sale_of_event
-- The receipt an event is the last telling of, where it still is.
select s.kind, s.receipt, s.currency, s.total_minor, s.counted, s.void, s.version
  from sale s
 where s.workspace_id = %(workspace_id)s and s.occurred_at = %(occurred_at)s and s.event_no = %(event_no)s::bigint;

-- name: log_end
-- The number of the last event, when a turn last committed, when the canary last came through, and the profiles.
select event_no, turn_at, canary_at, profiles from workspace_state where workspace_id = %(workspace_id)s;

-- name: rejected_since
-- Open rejected events that came after a moment, newest first.
select quarantine_id, received_at, source_id, door, type, code, field, message
  from quarantine
 where workspace_id = %(workspace_id)s and resolved_at is null and received_at > %(since)s
 order by received_at desc
 limit %(limit)s;

-- name: rejected_before
-- Open rejected events that came before a moment, newest first.
select quarantine_id, received_at, source_id, door, type, code, field, message
  from quarantine
 where workspace_id = %(workspace_id)s and resolved_at is null
   and (%(before)s::timestamptz is null or received_at < %(before)s::timestamptz)
   and (%(source_id)s::integer is null or source_id = %(source_id)s::integer)
   and (%(type)s::text is null or type = %(type)s::text or split_part(type, '.', 1) = %(type)s::text)
 order by received_at desc
 limit %(limit)s;

-- name: count_rejected
-- How many rejected events wait, up to a limit.
select count(*) from (select from quarantine where workspace_id = %(workspace_id)s and resolved_at is null
                       limit %(limit)s) as waiting;

-- name: rejected_causes
-- Waiting rejected events grouped by cause, the most frequent first, each with its newest example.
select code, field, source_id, type, count(*) as events, min(received_at) as first_at, max(received_at) as last_at,
       max(attempts) as attempts, (array_agg(quarantine_id order by received_at desc))[1] as example
  from quarantine
 where workspace_id = %(workspace_id)s and resolved_at is null
 group by code, field, source_id, type
 order by events desc, last_at desc
 limit %(limit)s;

-- name: rejected_examples
-- Rejected events by id, sealed bodies included.
select quarantine_id, received_at, source_id, door, type, code, field, message, sealed_key, sealed, attempts,
       resolved_at
  from quarantine
 where workspace_id = %(workspace_id)s and quarantine_id = any(%(ids)s::uuid[]);

-- name: rejected_ids
-- Waiting rejected events of one cause, oldest first.
select quarantine_id
  from quarantine
 where workspace_id = %(workspace_id)s and resolved_at is null
   and (%(all)s or (code = %(code)s and field is not distinct from %(field)s and source_id = %(source_id)s
                    and type = %(type)s))
 order by received_at
 limit %(limit)s;
