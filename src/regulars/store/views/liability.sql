-- Points owed: what became of the points of each month of issue, and the figures beside it.

-- name: cohorts
-- By month of issue, reason, currency, age in months, and whether it was posted before the opening: points issued (net
-- of what was taken back), redeemed and expired until the closing, points given with sales at first, and the prices of
-- these sales; and what the lots hold at this very moment, the same in each row. It reads the ledger of a point type
-- whole. The month of a lot is that of the entry that was posted first for it, so that it never changes. Points of
-- erased customers count as expired; points that were given back after their end count as issued anew.
with moved as materialized (
    select e.lot_id, e.txn_id, e.entry_no, e.debit, e.credit, e.amount, t.kind, t.occurred_at, t.recorded_at
      from ledger_entry e
      join ledger_txn t on t.workspace_id = e.workspace_id and t.txn_id = e.txn_id
     where e.workspace_id = %(workspace_id)s and e.point = %(point)s and e.lot_id is not null
       and t.programme = %(programme)s and t.recorded_at < %(closing)s
),
first as (
    select distinct on (lot_id) lot_id, txn_id, entry_no, debit, recorded_at,
           date_trunc('month', occurred_at at time zone %(zone)s)::date as month,
           case when debit = 'issued' and kind = 'sale' then 'sale' else 'other' end as reason
      from moved
     where credit = 'member'
     order by lot_id, recorded_at, txn_id, entry_no
),
born as (
    select f.*, s.currency, s.total_minor,
           row_number() over (partition by s.sale_id order by f.recorded_at, f.lot_id) = 1 as leads
      from first f
      left join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.lot_id = f.lot_id
      left join sale s on s.workspace_id = %(workspace_id)s and s.sale_id = l.origin and f.reason = 'sale'
)
select b.month, b.reason, coalesce(b.currency, '') as currency, m.recorded_at < %(opening)s as before,
       greatest(0, (extract(year from m.occurred_at at time zone %(zone)s) - extract(year from b.month)) * 12
                   + extract(month from m.occurred_at at time zone %(zone)s) - extract(month from b.month))::int as age,
       sum(case when m.credit = 'member' and (m.debit <> 'redeemed' or b.debit = 'redeemed') then m.amount
                when m.debit = 'member' and m.credit not in ('redeemed', 'expired', 'erased') then -m.amount
                when m.debit = 'expired' then -m.amount
                else 0 end)::bigint as issued,
       sum(case when m.debit = 'member' and m.credit = 'redeemed' then m.amount
                when m.debit = 'redeemed' and m.credit = 'member' and b.debit <> 'redeemed' then -m.amount
                else 0 end)::bigint as redeemed,
       sum(case when m.debit = 'member' and m.credit in ('expired', 'erased') then m.amount
                when m.debit = 'expired' then -m.amount
                else 0 end)::bigint as expired,
       sum(case when m.debit = 'issued' and m.credit = 'member' then m.amount else 0 end)::bigint as given,
       coalesce(sum(b.total_minor) filter (where b.leads and m.txn_id = b.txn_id and m.entry_no = b.entry_no), 0)::bigint
           as price_minor,
       (select coalesce(sum(l.remaining), 0) from loyalty_lot l
         where l.workspace_id = %(workspace_id)s and l.programme = %(programme)s and l.point = %(point)s)::bigint as lots
  from moved m
  join born b on b.lot_id = m.lot_id
 group by 1, 2, 3, 4, 5
 order by 1, 2, 3, 4, 5
 limit %(limit)s;

-- name: members
-- Customers who take part in a programme, and those of them whom points came to or left by a sale since a time. Where
-- nobody joins (`all`) they are those whom the programme ever gave something.
select count(distinct r.profile_id),
       count(distinct r.profile_id) filter (where exists (
           select from ledger_entry e
             join ledger_txn t on t.workspace_id = e.workspace_id and t.txn_id = e.txn_id
            where e.workspace_id = %(workspace_id)s and e.record_id = r.record_id and t.programme = %(programme)s
              and t.occurred_at >= %(since)s and t.occurred_at < %(closing)s
              and (e.debit = 'issued' or e.credit = 'redeemed')))
  from loyalty_account a
  join record r on r.workspace_id = a.workspace_id and r.record_id = a.record_id
 where a.workspace_id = %(workspace_id)s and a.programme = %(programme)s
   and a.status <> 'left' and (a.enrolled_at is not null or %(all)s);

-- name: participation
-- Sales of some business days, and those of them that count for somebody in the programme.
select count(*), count(*) filter (where exists (
           select from loyalty_earning g
            where g.workspace_id = %(workspace_id)s and g.record_id = s.counted_on and g.programme = %(programme)s
              and g.key = s.sale_id))
  from sale s
 where s.workspace_id = %(workspace_id)s and s.kind = 1 and s.counted and not s.void
   and s.business_date between %(first)s and %(last)s;
