-- Points owed: what became of the points of each month of issue, and the figures beside it.

-- name: cohorts
-- By month of issue, reason, currency, age in months, and whether it was posted before the opening: points issued (net
-- of what was taken back), redeemed and expired until the closing, points given with sales at first, and the prices of
-- these sales; points in vouchers that were not used yet, and these vouchers; and what the lots hold at this very moment,
-- the same in each row. It reads the ledger of a point type whole. The month of a lot is that of the entry that was
-- posted first for it, so that it never changes. Points of erased customers count as expired; points that were given
-- back after their end count as issued anew. Points that bought a voucher are redeemed when it is used, and expire with
-- it; it counts from the end of the hold it was had for, and is used when its sale was.
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
),
used as (
    select (x ->> 'code')::uuid as code_hash, min(s.at) as at
      from promotion_sale s
     cross join lateral jsonb_array_elements(s.uses) as x
     where s.workspace_id = %(workspace_id)s and s.uses @> '[{"promotion": "~voucher"}]'::jsonb and s.counted
       and x ->> 'promotion' = '~voucher' and x ->> 'code' is not null
     group by 1
),
in_voucher as (
    select (t.taken ->> 0)::uuid as lot_id, (t.taken ->> 1)::bigint as amount, (t.place = 1)::int as leads,
           e.at, e.redeemed, e.expired, e.waits
      from promotion_code c
      join loyalty_hold h on h.workspace_id = %(workspace_id)s and h.hold_id = c.hold_id
           and h.programme = %(programme)s and h.point = %(point)s and h.returned = 0
      left join used u on u.code_hash = c.code_hash
     cross join lateral jsonb_array_elements(h.lots) with ordinality as t (taken, place)
     cross join lateral (
        values (h.expires_at, -1, 0, 1),
               (case when u.at is not null then greatest(u.at, h.expires_at) end, 1, 0, -1),
               (case when u.at is null then greatest(c.expires_at, h.expires_at) end, 0, 1, -1)
     ) as e (at, redeemed, expired, waits)
     where c.workspace_id = %(workspace_id)s and c.hold_id is not null and e.at < %(closing)s
       and (c.expires_at is not null or e.expired = 0)
),
counted as (
    select b.month, b.reason, b.currency, m.recorded_at, m.occurred_at,
           (case when m.credit = 'member' and (m.debit <> 'redeemed' or b.debit = 'redeemed') then m.amount
                 when m.debit = 'member' and m.credit not in ('redeemed', 'expired', 'erased') then -m.amount
                 when m.debit = 'expired' then -m.amount
                 else 0 end) as issued,
           (case when m.debit = 'member' and m.credit = 'redeemed' then m.amount
                 when m.debit = 'redeemed' and m.credit = 'member' and b.debit <> 'redeemed' then -m.amount
                 else 0 end) as redeemed,
           (case when m.debit = 'member' and m.credit in ('expired', 'erased') then m.amount
                 when m.debit = 'expired' then -m.amount
                 else 0 end) as expired,
           (case when m.debit = 'issued' and m.credit = 'member' then m.amount else 0 end) as given,
           (case when b.leads and m.txn_id = b.txn_id and m.entry_no = b.entry_no then b.total_minor else 0 end) as price_minor,
           0 as waits, 0 as vouchers
      from moved m
      join born b on b.lot_id = m.lot_id
    union all
    select b.month, b.reason, b.currency, v.at, v.at, 0, v.redeemed * v.amount, v.expired * v.amount, 0, 0,
           v.waits * v.amount, v.waits * v.leads
      from in_voucher v
      join born b on b.lot_id = v.lot_id
)
select c.month, c.reason, coalesce(c.currency, '') as currency, c.recorded_at < %(opening)s as before,
       greatest(0, (extract(year from c.occurred_at at time zone %(zone)s) - extract(year from c.month)) * 12
                   + extract(month from c.occurred_at at time zone %(zone)s) - extract(month from c.month))::int as age,
       sum(c.issued)::bigint as issued, sum(c.redeemed)::bigint as redeemed, sum(c.expired)::bigint as expired,
       sum(c.given)::bigint as given, coalesce(sum(c.price_minor), 0)::bigint as price_minor,
       sum(c.waits)::bigint as waits, sum(c.vouchers)::bigint as vouchers,
       (select coalesce(sum(l.remaining), 0) from loyalty_lot l
         where l.workspace_id = %(workspace_id)s and l.programme = %(programme)s and l.point = %(point)s)::bigint as lots
  from counted c
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
