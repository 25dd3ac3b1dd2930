-- Members of loyalty programmes as screens and reports read them: where they stand, and what moved their points.

-- name: open_lots
-- Lots of records with points left, and those that open holds of the records reserve, whosever they are by now.
with reserved as materialized (
    select (x.taken ->> 0)::uuid as lot_id
      from unnest(%(ids)s::uuid[]) as r(record_id)
     cross join lateral (
        select o.lots from loyalty_hold o
         where o.workspace_id = %(workspace_id)s and o.record_id = r.record_id and o.state = 'open' offset 0
     ) as h
     cross join jsonb_array_elements(h.lots) as x(taken)
)
select l.lot_id, l.record_id, l.programme, l.point, l.reason, l.origin, l.earned, l.remaining, l.active_from, l.expires_at,
       l.held, l.expired
  from unnest(%(ids)s::uuid[]) as r(record_id)
 cross join lateral (
    select * from loyalty_lot o
     where o.workspace_id = %(workspace_id)s and o.record_id = r.record_id and o.open offset 0
 ) as l
union
select l.lot_id, l.record_id, l.programme, l.point, l.reason, l.origin, l.earned, l.remaining, l.active_from, l.expires_at,
       l.held, l.expired
  from reserved r
 cross join lateral (
    select * from loyalty_lot where workspace_id = %(workspace_id)s and lot_id = r.lot_id offset 0
 ) as l;

-- name: held_back
-- Points of records that wait for a person, the first to be good first.
select a.subject, (a.command ->> 'programme')::smallint, a.command ->> 'point', (a.command ->> 'amount')::bigint,
       a.command ->> 'why', a.expires_at
  from unnest(%(ids)s::uuid[]) as r(record_id)
 cross join lateral (
    select * from approval o
     where o.workspace_id = %(workspace_id)s and o.subject = r.record_id and o.kind = 'points_review'
           and o.state = 'open' offset 0
 ) as a
 order by a.expires_at, a.approval_id;

-- name: lines
-- What moved points of some records, the latest first, from a place on: one line for each transaction and reason.
select t.txn_id, t.recorded_at, e.point, e.other, e.amount, t.programme, t.occurred_at, t.actor, t.reason,
       t.version, s.receipt, s.event_no
  from (
    select txn_id, point, (array_agg(lot_id))[1] as lot_id, case when debit in ('member', 'debt') then credit else debit end as other,
           sum(case when debit in ('member', 'debt') then -amount else amount end)::bigint as amount
      from ledger_entry
     where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
           and (debit in ('member', 'debt')) <> (credit in ('member', 'debt'))
     group by 1, 2, 4
  ) as e
  join ledger_txn t on t.workspace_id = %(workspace_id)s and t.txn_id = e.txn_id
  left join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.lot_id = e.lot_id
       and e.other in ('issued', 'clawback')
  left join sale s on s.workspace_id = %(workspace_id)s and s.sale_id = l.origin
 where (%(programme)s::smallint is null or t.programme = %(programme)s)
       and (%(others)s::text[] is null or e.other = any(%(others)s::text[]))
       and (t.recorded_at, t.txn_id, e.point, e.other)
           < (%(before)s::timestamptz, %(txn_id)s::uuid, %(point)s::text, %(other)s::text)
 order by 2 desc, 1 desc, 3 desc, 4 desc
 limit %(limit)s;

-- name: sums
-- What came and went in all, by point type and reason.
select e.point, case when e.debit in ('member', 'debt') then e.credit else e.debit end as other,
       sum(case when e.debit in ('member', 'debt') then -e.amount else e.amount end)::bigint
  from ledger_entry e
  join ledger_txn t on t.workspace_id = e.workspace_id and t.txn_id = e.txn_id
 where e.workspace_id = %(workspace_id)s and e.record_id = any(%(ids)s::uuid[]) and t.programme = %(programme)s
       and (e.debit in ('member', 'debt')) <> (e.credit in ('member', 'debt'))
 group by 1, 2
 order by 1, 2;

-- name: sources
-- Lots of records with points left, the soonest to end first, each with what made it: the earning and the receipt.
select l.lot_id, l.point, l.reason, l.remaining, l.held, l.expires_at, e.doc,
       s.receipt, s.occurred_at, s.store, s.event_no
  from loyalty_lot l
  left join loyalty_earning e on e.workspace_id = l.workspace_id and e.record_id = l.record_id
       and e.programme = l.programme and e.key = l.origin
  left join sale s on s.workspace_id = l.workspace_id and s.sale_id = l.origin
 where l.workspace_id = %(workspace_id)s and l.record_id = any(%(ids)s::uuid[]) and l.programme = %(programme)s
       and l.point = %(point)s and l.open
       and (coalesce(l.expires_at, 'infinity'), l.lot_id) > (%(after)s::timestamptz, %(lot_id)s::uuid)
 order by coalesce(l.expires_at, 'infinity'), l.lot_id
 limit %(limit)s;

-- name: earnings_of
-- What a sale, or another event, earned on some records.
select programme, doc from loyalty_earning
 where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) and key = %(key)s::uuid
 order by programme;

-- name: homes
-- The profiles that some records belong to now.
select record_id, profile_id from record
 where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]);

-- name: in_lots
-- What the lots of some records hold of a point type, less what their accounts owe.
select coalesce((
    select sum(remaining) from loyalty_lot
     where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) and programme = %(programme)s
           and point = %(point)s
 ), 0)::bigint - coalesce((
    select sum((debt ->> %(point)s)::bigint) from loyalty_account
     where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) and programme = %(programme)s
 ), 0)::bigint;

-- name: next_active
-- When the next points of some records become spendable.
select min(active_from) from loyalty_lot
 where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) and programme = %(programme)s
       and point = %(point)s and open and active_from > %(now)s;
