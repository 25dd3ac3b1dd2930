-- Loyalty's books held against themselves, and what of them is due.

-- name: due
-- Records with points that are over, or holds whose time is.
(
    select l.record_id, l.programme from loyalty_lot l
    where l.workspace_id = %(workspace_id)s and l.open and l.expires_at <= %(now)s and l.remaining > l.held
    order by l.expires_at limit %(limit)s
)
union
(
    select h.record_id, h.programme from loyalty_hold h
    where h.workspace_id = %(workspace_id)s and h.state = 'open' and h.expires_at <= %(now)s
    order by h.expires_at limit %(limit)s
)
order by 1, 2

-- name: on_one_core
-- Lets the rest of the transaction take no helpers, so that tills have the other cores meanwhile.
select set_config('max_parallel_workers_per_gather', '0', true)

-- name: lots_off_the_ledger
-- I2, I5: lots that hold other than what their entries add up to.
select count(*), min(l.lot_id::text)
from loyalty_lot l
left join (
    select e.lot_id,
        coalesce(sum(e.amount) filter (where e.credit = 'member'), 0)
        - coalesce(sum(e.amount) filter (where e.debit = 'member'), 0) as posted
    from ledger_entry e
    where e.workspace_id = %(workspace_id)s and e.lot_id is not null group by e.lot_id
) p on p.lot_id = l.lot_id
where l.workspace_id = %(workspace_id)s and l.remaining <> coalesce(p.posted, 0)

-- name: debts_off_the_ledger
-- I3: accounts that owe other than what was posted.
select count(*), min(d.record_id::text)
from (
    select a.record_id, sum(a.amount) as owed, sum(a.posted) as posted
    from (
        select l.record_id, (x.value)::bigint as amount, 0 as posted
        from loyalty_account l cross join jsonb_each_text(l.debt) x
        where l.workspace_id = %(workspace_id)s
        union all
        select e.record_id, 0, case when e.debit = 'debt' then e.amount else -e.amount end
        from ledger_entry e
        where e.workspace_id = %(workspace_id)s and (e.debit = 'debt' or e.credit = 'debt')
    ) a group by a.record_id
) d where d.owed <> d.posted

-- name: lots_out_of_bounds
-- I4: lots with more points left than ever came to them, or fewer than none.
select count(*), min(lot_id::text) from loyalty_lot
where workspace_id = %(workspace_id)s and (remaining > earned - expired or held > remaining or held < 0)

-- name: holds_off_the_lots
-- I6: lots that are held otherwise than the open holds say.
select count(*), min(l.lot_id::text)
from loyalty_lot l
left join (
    select (x ->> 0)::uuid as lot_id, sum((x ->> 1)::bigint) as held
    from loyalty_hold h cross join jsonb_array_elements(h.lots) x
    where h.workspace_id = %(workspace_id)s and h.state = 'open' group by 1
) o on o.lot_id = l.lot_id
where l.workspace_id = %(workspace_id)s and l.held <> coalesce(o.held, 0)

-- name: empty_transactions
-- I1: transactions without entries; each entry moves between two accounts, so that the others add up.
select count(*), min(t.txn_id::text) from ledger_txn t
where t.workspace_id = %(workspace_id)s
    and not exists (select from ledger_entry e where e.workspace_id = %(workspace_id)s and e.txn_id = t.txn_id)

-- name: stray_entries
-- I1: entries without a transaction.
select count(*), min(e.txn_id::text) from ledger_entry e
where e.workspace_id = %(workspace_id)s
    and not exists (select from ledger_txn t where t.workspace_id = %(workspace_id)s and t.txn_id = e.txn_id)
