-- Rejected messages: taken out to be tried again, resolved, or gone after their time.

-- name: open_rejected
-- Waiting messages by id, sealed bodies included.
select quarantine_id, received_at, source_id, door, type, sealed_key, sealed
  from quarantine
 where workspace_id = %(workspace_id)s and quarantine_id = any(%(ids)s::uuid[]) and resolved_at is null
 order by received_at, quarantine_id;

-- name: fail_rejected
-- A message that still cannot be read: one more attempt, and the newer fault.
update quarantine
   set attempts = attempts + 1, code = %(code)s, field = %(field)s, message = %(message)s
 where workspace_id = %(workspace_id)s and quarantine_id = %(id)s::uuid and resolved_at is null;

-- name: resolve_rejected
-- A message whose events all came through.
update quarantine
   set attempts = attempts + 1, resolved_at = now()
 where workspace_id = %(workspace_id)s and quarantine_id = %(id)s::uuid and resolved_at is null;

-- name: drop_old_rejected
-- Messages past their time, a bounded number of them.
delete from quarantine q
 where q.workspace_id = %(workspace_id)s and q.quarantine_id in (
    select o.quarantine_id from quarantine o
     where o.workspace_id = %(workspace_id)s and o.received_at < %(before)s limit %(limit)s);
