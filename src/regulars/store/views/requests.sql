-- The register of requests: people who want to see, correct or end what is kept of them.

-- name: add_request
-- Adds a request under the next number; nothing happens when the number was just taken.
insert into privacy_request (
    workspace_id, request_no, kind, came_by, received_on, due_on, created_at, created_by, record_id, subject,
    sealed_key, sealed
)
select %(workspace_id)s, coalesce(max(request_no), 0) + 1, %(kind)s, %(came_by)s, %(received_on)s, %(due_on)s,
       %(now)s, %(actor)s, %(record_id)s::uuid, %(subject)s::uuid, %(sealed_key)s, %(sealed)s
  from privacy_request
 where workspace_id = %(workspace_id)s
    on conflict do nothing
returning request_no;

-- name: one_request
-- One request with the profile its customer has now.
select q.request_no, q.kind, q.state, q.came_by, q.received_on, q.due_on, q.created_at, q.created_by,
       q.extended_at, q.extension, q.checked_at, q.checked_by, q.check_method, q.closed_at, q.closed_by, q.outcome,
       r.profile_id, q.subject, q.sealed_key, q.sealed, q.erasure_id, q.proof
  from privacy_request q
  left join record r on r.workspace_id = q.workspace_id and r.record_id = q.record_id
 where q.workspace_id = %(workspace_id)s and q.request_no = %(request_no)s;

-- name: lock_request
-- Holds one request until the transaction ends.
select request_no from privacy_request
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s for update;

-- name: open_requests
-- Requests that wait, the nearest deadline first, from a place on; past their deadline or of a kind where asked.
select q.request_no, q.kind, q.state, q.came_by, q.received_on, q.due_on, q.created_at, q.created_by,
       q.extended_at, q.extension, q.checked_at, q.checked_by, q.check_method, q.closed_at, q.closed_by, q.outcome,
       r.profile_id, q.subject, q.sealed_key, q.sealed, q.erasure_id, q.proof
  from privacy_request q
  left join record r on r.workspace_id = q.workspace_id and r.record_id = q.record_id
 where q.workspace_id = %(workspace_id)s and q.state in ('new', 'checked')
   and (q.due_on, q.request_no) > (%(due_on)s::date, %(request_no)s::bigint)
   and (%(kind)s::text is null or q.kind = %(kind)s::text)
   and (%(due_before)s::date is null or q.due_on < %(due_before)s::date)
 order by q.due_on, q.request_no
 limit %(limit)s;

-- name: newest_requests
-- Requests by number, the newest first, before a number; closed ones, of a kind, or of a profile where asked.
select q.request_no, q.kind, q.state, q.came_by, q.received_on, q.due_on, q.created_at, q.created_by,
       q.extended_at, q.extension, q.checked_at, q.checked_by, q.check_method, q.closed_at, q.closed_by, q.outcome,
       r.profile_id, q.subject, q.sealed_key, q.sealed, q.erasure_id, q.proof
  from privacy_request q
  left join record r on r.workspace_id = q.workspace_id and r.record_id = q.record_id
 where q.workspace_id = %(workspace_id)s and q.request_no < %(request_no)s::bigint
   and (not %(closed)s or q.state in ('done', 'refused'))
   and (%(kind)s::text is null or q.kind = %(kind)s::text)
   and (%(profile_id)s::uuid is null or r.profile_id = %(profile_id)s::uuid)
 order by q.request_no desc
 limit %(limit)s;

-- name: count_waiting
-- How many open requests are due by a day.
select count(*) from privacy_request
 where workspace_id = %(workspace_id)s and state in ('new', 'checked') and due_on <= %(day)s;

-- name: check_identity
-- Notes that and how the identity of who asks was checked.
update privacy_request
   set state = %(state)s, checked_at = %(now)s, checked_by = %(actor)s, check_method = %(method)s
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s;

-- name: extend_request
-- Moves the deadline, once.
update privacy_request
   set due_on = %(due_on)s, extended_at = %(now)s, extension = %(reason)s
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s;

-- name: set_content
-- Replaces what is sealed in a request.
update privacy_request set sealed = %(sealed)s
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s;

-- name: set_proof
-- Replaces what is kept as proof of a request.
update privacy_request set proof = %(proof)s::jsonb
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s;

-- name: close_request
-- Ends a request; one that an erasure has closed keeps its outcome.
update privacy_request
   set state = %(state)s, outcome = coalesce(outcome, %(outcome)s), closed_at = coalesce(closed_at, %(now)s),
       closed_by = coalesce(closed_by, %(actor)s), proof = %(proof)s::jsonb
 where workspace_id = %(workspace_id)s and request_no = %(request_no)s;

-- name: shop_zone
-- The time zone that most shops are in.
select time_zone from store
 where workspace_id = %(workspace_id)s and time_zone is not null
 group by time_zone order by count(*) desc, time_zone limit 1;

-- name: events_by_source
-- How many logged events belong to some records, by source.
select source_id, count(*) from event
 where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
 group by source_id;

-- name: receipts_by_source
-- How many receipts count on some records, by source and currency, and what they come to.
select source_id, currency, count(*),
       coalesce(sum(case kind when 1 then total_minor when 2 then -total_minor else 0 end)
                filter (where counted and not void), 0)::bigint
  from sale
 where workspace_id = %(workspace_id)s and counted_on = any(%(ids)s::uuid[])
 group by source_id, currency;

-- name: waiting_by_source
-- How many calls wait in the outbox that name the customer at a vendor, by source.
select source_id, count(*) from outbox
 where workspace_id = %(workspace_id)s and state = 'pending' and body ->> 'reference' = any(%(references)s)
 group by source_id;

-- name: erasure_proof
-- The proof of an erasure as the database keeps it.
select proof from erasure where workspace_id = %(workspace_id)s and erasure_id = %(erasure_id)s::uuid;

-- name: lines_about
-- The first lines of the audit trail about some objects, in order.
select audit_no, at, actor, action, object, details, encode(hash, 'hex')
  from audit
 where workspace_id = %(workspace_id)s and object = any(%(objects)s::text[])
 order by audit_no
 limit %(limit)s;
