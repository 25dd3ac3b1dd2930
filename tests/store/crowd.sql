-- Customers, cards, sales and points of a workspace, a row of each for every number; ids follow from the numbers.

-- name: records
-- Customers.
insert into record (workspace_id, record_id, source_id, known, first_at, component_id, profile_id, sealed_key, sealed)
select 1, id, 1, true, now(), id, id, '', '' from generate_series(1, %(count)s) n, md5(n::text) m, cast(m as uuid) id

-- name: cards
-- A loyalty card of each.
insert into identifier (workspace_id, kind, value, record_id, current)
select 1, 1, md5('card' || n)::uuid, md5(n::text)::uuid, true from generate_series(1, %(count)s) n

-- name: sales
-- A sale of each.
insert into sale (
    workspace_id, sale_id, kind, version, source_id, record_id, counted_on, counted, void, occurred_at, business_date,
    receipt, receipt_key, currency, total_minor, tax_minor, discount_minor, items_micro, event_no, event_key, lines
)
select 1, id, 1, 1, 1, id, id, true, false, now(), current_date, n::text, id, 'EUR', 100, 0, 0, 1, n, id, '[]'
from generate_series(1, %(count)s) n, md5(n::text) m, cast(m as uuid) id

-- name: lots
-- A lot of each.
insert into loyalty_lot (
    workspace_id, lot_id, record_id, programme, point, reason, origin, earned, remaining, held, expired, active_from
)
select 1, id, id, 1, 'points', 'opened', id, 10, 10, 0, 0, now()
from generate_series(1, %(count)s) n, md5(n::text) m, cast(m as uuid) id

-- name: approvals
-- Points of each that wait for a person.
insert into approval (
    workspace_id, approval_id, kind, subject, asked_by, asked_at, reason, command, state, expires_at
)
select 1, id, 'points_review', id, 'regulars', now(), '', '{"programme": 1, "point": "points", "amount": 10}',
    'open', now() + interval '1 day'
from generate_series(1, %(count)s) n, md5(n::text) m, cast(m as uuid) id

-- name: holds
-- A hold of each on its lot, and all of them at once.
insert into loyalty_hold (
    workspace_id, hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, lots
)
select 1, id, id, 1, 'points', 1, now() + interval '1 hour',
    'open', 0, 0, json_build_array(json_build_array(m, 1))
from generate_series(1, %(count)s) n, md5(n::text) m, cast(m as uuid) id
