-- Loyalty: what a turn loads of members and what it saves.

-- name: load_programmes
-- Versions that hold or will hold, oldest first.
select programme, version, content, effective_from
from programme_version
where workspace_id = %(workspace_id)s and effective_from is not null
order by programme, effective_from, version

-- name: put_in_force
-- From when on a version holds; it is said once.
update programme_version set effective_from = %(effective_from)s
where workspace_id = %(workspace_id)s and programme = %(programme)s and version = %(version)s
    and effective_from is null

-- name: load_profiles
-- The records of the profiles that some records, or profiles, are or were of.
select r.record_id, r.profile_id, r.known
from record r
where r.workspace_id = %(workspace_id)s
    and r.profile_id in (
        select o.profile_id from record o
        where o.workspace_id = %(workspace_id)s and o.record_id = any(%(ids)s)
        union all
        select unnest(%(profiles)s::uuid[])
    )

-- name: load_accounts
-- Accounts of records.
select record_id, programme, enrolled_at, status, debt, credits, used, first_at, last_at
from loyalty_account
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s)

-- name: load_cards
-- Records that have a loyalty card (kind 1), by the index of those alone.
select r.record_id from unnest(%(ids)s::uuid[]) as r(record_id)
where exists (
    select from identifier i
    where i.workspace_id = %(workspace_id)s and i.record_id = r.record_id and i.kind = 1 and i.current offset 0
)

-- name: load_staff
-- What is sealed of members of staff.
select code, sealed from staff
where workspace_id = %(workspace_id)s and code = any(%(codes)s::text[]) and sealed is not null

-- name: load_holds
-- Open holds of records, those of some ids, and those that some sales captured.
select h.hold_id, h.record_id, h.programme, h.point, h.amount, h.expires_at, h.state, h.captured, h.returned, h.sale_id,
    h.lots, h.reward
from unnest(%(ids)s::uuid[]) as r(record_id)
cross join lateral (
    select * from loyalty_hold o
    where o.workspace_id = %(workspace_id)s and o.record_id = r.record_id and o.state = 'open' offset 0
) h
union
select hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, sale_id, lots, reward
from loyalty_hold
where workspace_id = %(workspace_id)s and hold_id = any(%(holds)s)
union
select hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, sale_id, lots, reward
from loyalty_hold
where workspace_id = %(workspace_id)s and sale_id = any(%(sales)s)

-- name: load_all_holds
-- Every hold of records.
select hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, sale_id, lots, reward
from loyalty_hold
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s)

-- name: load_some_earnings
-- What some sales earned.
select record_id, programme, doc from loyalty_earning
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s) and key = any(%(keys)s)

-- name: load_all_earnings
-- All that records earned.
select record_id, programme, doc from loyalty_earning
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s)

-- name: load_open_lots
-- Of each record lots with points left, `most` of them at most.
select l.lot_id, l.record_id, l.programme, l.point, l.reason, l.origin, l.earned, l.remaining, l.active_from,
    l.expires_at, l.held, l.expired
from unnest(%(ids)s::uuid[]) as r(record_id)
cross join lateral (
    select * from loyalty_lot o
    where o.workspace_id = %(workspace_id)s and o.record_id = r.record_id and o.open
    limit %(most)s::bigint
) l

-- name: load_lots
-- Lots of records that came of some origins, and those of some ids.
select l.lot_id, l.record_id, l.programme, l.point, l.reason, l.origin, l.earned, l.remaining, l.active_from,
    l.expires_at, l.held, l.expired
from unnest(%(ids)s::uuid[]) as r(record_id)
cross join lateral (
    select * from loyalty_lot o
    where o.workspace_id = %(workspace_id)s and o.record_id = r.record_id and o.origin = any(%(origins)s) offset 0
) l
union
select lot_id, record_id, programme, point, reason, origin, earned, remaining, active_from, expires_at, held, expired
from loyalty_lot
where workspace_id = %(workspace_id)s and lot_id = any(%(lots)s)

-- name: load_next_lots
-- Of records with many lots, by type of points, those that are spent next, `ahead` many, marked as such, and (without a
-- time) what all of its good lots come to; besides, lots that begin or end between two times or are not good then.
with good as (
    select l.*,
        row_number() over (
            partition by record_id, programme, point order by expires_at nulls last, active_from, lot_id
        ) as place
    from loyalty_lot l
    where workspace_id = %(workspace_id)s and record_id = any(%(ids)s) and open
        and active_from <= %(since)s and (expires_at is null or expires_at > %(until)s)
)
select lot_id, record_id, programme, point, reason, origin, earned, remaining, active_from, expires_at, held, expired,
    true
from good where place <= %(ahead)s
union all
select null, record_id, programme, point, '', null, 0, sum(remaining)::bigint, null, null, sum(held)::bigint, 0, true
from loyalty_lot
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s) and open
    and active_from <= %(since)s and (expires_at is null or expires_at > %(until)s)
group by record_id, programme, point
union all
select lot_id, record_id, programme, point, reason, origin, earned, remaining, active_from, expires_at, held, expired,
    false
from loyalty_lot
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s) and open
    and (active_from > %(since)s or expires_at <= %(until)s)

-- name: load_all_lots
-- Every lot of records.
select lot_id, record_id, programme, point, reason, origin, earned, remaining, active_from, expires_at, held, expired
from loyalty_lot
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s)

-- name: save_accounts
-- Accounts as they are now.
insert into loyalty_account as a (
    workspace_id, programme, record_id, enrolled_at, status, debt, credits, used, first_at, last_at
)
select %(workspace_id)s, x.programme, x.record_id, x.enrolled_at, x.status, x.debt, x.credits, x.used, x.first_at,
    x.last_at
from json_to_recordset(%(doc)s::json) as x(
    programme smallint, record_id uuid, enrolled_at timestamptz, status text, debt jsonb, credits jsonb, used jsonb,
    first_at timestamptz, last_at timestamptz
)
on conflict (workspace_id, record_id, programme) do update
    set enrolled_at = excluded.enrolled_at, status = excluded.status, debt = excluded.debt,
        credits = excluded.credits, used = excluded.used, first_at = excluded.first_at, last_at = excluded.last_at
    where a.workspace_id = %(workspace_id)s

-- name: save_lots
-- Lots as they are now.
insert into loyalty_lot as l (
    workspace_id, lot_id, record_id, programme, point, reason, origin, earned, remaining, held, expired,
    active_from, expires_at
)
select %(workspace_id)s, x.lot_id, x.record_id, x.programme, x.point, x.reason, x.origin, x.earned, x.remaining,
    x.held, x.expired, x.active_from, x.expires_at
from json_to_recordset(%(doc)s::json) as x(
    lot_id uuid, record_id uuid, programme smallint, point text, reason text, origin uuid, earned bigint,
    remaining bigint, held bigint, expired bigint, active_from timestamptz, expires_at timestamptz
)
on conflict (workspace_id, lot_id) do update
    set earned = excluded.earned, remaining = excluded.remaining, held = excluded.held, expired = excluded.expired,
        active_from = excluded.active_from, expires_at = excluded.expires_at
    where l.workspace_id = %(workspace_id)s

-- name: save_holds
-- Holds as they are now.
insert into loyalty_hold as h (
    workspace_id, hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, sale_id, lots,
    reward
)
select %(workspace_id)s, x.hold_id, x.record_id, x.programme, x.point, x.amount, x.expires_at, x.state, x.captured,
    x.returned, x.sale_id, x.lots, x.reward
from json_to_recordset(%(doc)s::json) as x(
    hold_id uuid, record_id uuid, programme smallint, point text, amount bigint, expires_at timestamptz, state text,
    captured bigint, returned bigint, sale_id uuid, lots jsonb, reward jsonb
)
on conflict (workspace_id, hold_id) do update
    set state = excluded.state, captured = excluded.captured, returned = excluded.returned,
        sale_id = excluded.sale_id, lots = excluded.lots
    where h.workspace_id = %(workspace_id)s

-- name: save_earnings
-- What sales earned, as it is now.
insert into loyalty_earning as e (workspace_id, record_id, programme, key, occurred_at, doc)
select %(workspace_id)s, x.record_id, x.programme, x.key, x.occurred_at,
    substring(%(blob)s::bytea from x.at for x.size)
from json_to_recordset(%(doc)s::json) as x(
    record_id uuid, programme smallint, key uuid, occurred_at timestamptz, at integer, size integer
)
on conflict (workspace_id, record_id, programme, key) do update
    set occurred_at = excluded.occurred_at, doc = excluded.doc
    where e.workspace_id = %(workspace_id)s

-- name: save_met
-- Records that are one member with the least of them.
insert into loyalty_met (workspace_id, hub, record_id)
select %(workspace_id)s, hub, id from unnest(%(hubs)s::uuid[], %(ids)s::uuid[]) as met (hub, id)
on conflict do nothing

-- name: save_transactions
-- Transactions; a repeat of one is the same.
insert into ledger_txn (
    workspace_id, txn_id, programme, kind, event_key, occurred_at, recorded_at, actor, reason, version
)
select x.workspace_id, x.txn_id, x.programme, x.kind, x.event_key, x.occurred_at, x.recorded_at, x.actor, x.reason,
    x.version
from unnest(%(rows)b::ledger_txn[]) as x

-- name: save_entries
-- Entries of transactions.
insert into ledger_entry (workspace_id, txn_id, entry_no, record_id, point, lot_id, debit, credit, amount)
select x.workspace_id, x.txn_id, x.entry_no, x.record_id, x.point, x.lot_id, x.debit, x.credit, x.amount
from unnest(%(rows)b::ledger_entry[]) as x

-- name: ask_reviews
-- Points that a person is to look at; told anew while nobody decided, since returns make them fewer.
insert into approval as a (
    workspace_id, approval_id, kind, subject, asked_by, asked_at, stores, reason, command, state, expires_at
)
select %(workspace_id)s, x.approval_id, 'points_review', x.subject, 'regulars', %(now)s, x.stores, '', x.command,
    'open', x.expires_at
from json_to_recordset(%(doc)s::json) as x(
    approval_id uuid, subject uuid, stores text[], command jsonb, expires_at timestamptz
)
on conflict (workspace_id, approval_id) do update
    set command = excluded.command, expires_at = excluded.expires_at,
        state = case when a.state = 'lapsed' then 'open' else a.state end
    where a.workspace_id = %(workspace_id)s and a.decided_at is null

-- name: end_reviews
-- Points that nobody has to look at any more: they went back, or the time is over.
update approval set state = 'lapsed'
where workspace_id = %(workspace_id)s and approval_id = any(%(ids)s) and state = 'open'
