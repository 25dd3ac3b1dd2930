-- What the till's calls look up: sales by id and receipt, what came back of them, and how far a till may trust itself.
--
-- Behind a workspace's fence PostgreSQL looks up by an index only what it knows to give nothing away: `case` is, the
-- shorter `coalesce` is not, and reads all records.

-- name: sale
-- One receipt, with the profile it counts for.
select s.sale_id, s.kind, s.version, s.source_id, coalesce(s.counted_on, s.record_id) as record_id, s.counted, s.void,
       s.occurred_at, s.business_date, s.store, s.till, s.receipt, s.receipt_key, s.currency, s.total_minor,
       s.event_no, s.event_key, r.profile_id, s.lines
  from sale s
  left join lateral (
    select profile_id from record
     where workspace_id = %(workspace_id)s
       and record_id = case when s.counted_on is null then s.record_id else s.counted_on end
     limit 1
 ) as r on true
 where s.workspace_id = %(workspace_id)s and s.sale_id = %(sale_id)s::uuid;

-- name: sale_of_event
-- The receipt that an event of a profile told last, where it counts for them.
select s.sale_id, s.kind, s.version, s.source_id, coalesce(s.counted_on, s.record_id) as record_id, s.counted, s.void,
       s.occurred_at, s.business_date, s.store, s.till, s.receipt, s.receipt_key, s.currency, s.total_minor,
       s.event_no, s.event_key, r.profile_id, s.lines
  from record r
  join sale s on s.workspace_id = r.workspace_id and s.counted_on = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
   and s.event_no = %(event_no)s::bigint
 limit 1;

-- name: moved_since
-- Whether anything moved the points of some records after what an event did to them.
select exists (
    select from ledger_entry e
      join ledger_txn t on t.workspace_id = e.workspace_id and t.txn_id = e.txn_id
     where e.workspace_id = %(workspace_id)s and e.record_id = any(%(ids)s::uuid[]) and t.programme = %(programme)s
       and t.event_key <> %(event_key)s::uuid
       and t.recorded_at >= (select max(o.recorded_at) from ledger_txn o
                              where o.workspace_id = %(workspace_id)s and o.event_key = %(event_key)s::uuid)
);

-- name: sales_of_receipt
-- The sales of a receipt number, the latest first; of one that comes back day after day, a bounded part.
select s.sale_id, s.kind, s.version, s.source_id, coalesce(s.counted_on, s.record_id) as record_id, s.counted, s.void,
       s.occurred_at, s.business_date, s.store, s.till, s.receipt, s.receipt_key, s.currency, s.total_minor,
       s.event_no, s.event_key, r.profile_id, s.lines
  from sale s
  left join lateral (
    select profile_id from record
     where workspace_id = %(workspace_id)s
       and record_id = case when s.counted_on is null then s.record_id else s.counted_on end
     limit 1
 ) as r on true
 where s.workspace_id = %(workspace_id)s and s.receipt_key = %(receipt_key)s::uuid and s.kind = 1
   and (%(store)s::text is null or s.store = %(store)s::text)
   and (%(till)s::text is null or s.till = %(till)s::text)
   and (%(business_date)s::date is null or s.business_date = %(business_date)s::date)
 order by s.occurred_at desc
 limit %(limit)s;

-- name: returns_of
-- Lines that came back of a sale, by the receipts of its returns, the first one first.
select s.sale_id, s.lines, s.total_minor
  from sale s
 where s.workspace_id = %(workspace_id)s and s.original_key = %(receipt_key)s::uuid
   and s.original_id = %(sale_id)s::uuid and s.kind = 2 and s.counted
 order by s.occurred_at, s.sale_id
 limit %(limit)s;

-- name: floor_limit
-- The points a till may let be spent without asking: its own limit, else that of its store, else none.
select f.points from till_floor f
 where f.workspace_id = %(workspace_id)s and f.store = %(store)s and f.till in (%(till)s, '')
 order by f.till = '' limit 1;

-- name: floor_limits
-- All limits, in order of stores and tills.
select f.store, f.till, f.points from till_floor f
 where f.workspace_id = %(workspace_id)s and (f.store, f.till) > (%(store)s, %(till)s)
 order by f.store, f.till limit %(limit)s;

-- name: put_floor_limit
-- Set the limit of a till or of a store; none is as good as no points.
insert into till_floor as f (workspace_id, store, till, points)
values (%(workspace_id)s, %(store)s, %(till)s, %(points)s)
on conflict (workspace_id, store, till) do update set points = excluded.points
    where f.workspace_id = %(workspace_id)s;
