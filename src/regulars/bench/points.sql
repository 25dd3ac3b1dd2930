-- What a home is filled with before points are measured.

-- name: add_lots
-- A lot of points for each of some records, which join, with what the ledger would say of it.
with lot as materialized (
    select r.record_id, gen_random_uuid() as lot_id, gen_random_uuid() as txn_id, gen_random_uuid() as event_key
    from unnest(%(ids)s::uuid[]) as r(record_id)
), account as (
    insert into loyalty_account (workspace_id, programme, record_id, enrolled_at, status, debt, credits, used)
    select %(workspace_id)s, 1, record_id, %(now)s, 'active', '{}', '{}', '{}' from lot
    on conflict (workspace_id, record_id, programme) do nothing
), kept as (
    insert into loyalty_lot (
        workspace_id, lot_id, record_id, programme, point, reason, origin, earned, remaining, held, expired,
        active_from, expires_at
    )
    select %(workspace_id)s, lot_id, record_id, 1, 'points', 'opened', event_key, %(amount)s, %(amount)s, 0, 0,
        %(now)s, %(ends)s
    from lot
), txn as (
    insert into ledger_txn (workspace_id, txn_id, programme, kind, event_key, occurred_at, recorded_at, actor, reason)
    select %(workspace_id)s, txn_id, 1, 'open', event_key, %(now)s, %(now)s, 'bench', '' from lot
)
insert into ledger_entry (workspace_id, txn_id, entry_no, record_id, point, lot_id, debit, credit, amount)
select %(workspace_id)s, txn_id, 0, record_id, 'points', lot_id, 'opened', 'member', %(amount)s from lot

-- name: vacuum
-- Clears up after the load, and looks at the tables.
vacuum (analyze)

-- name: checkpoint
-- Writes out what the load left in memory.
checkpoint
