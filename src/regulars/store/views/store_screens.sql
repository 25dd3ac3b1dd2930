-- What an associate's screens ask that nothing else does; each look-up by key and index, with a bound.

-- name: receipts_with_number
-- Whom the latest receipts of some numbers count on, and how many of them; nobody for receipts that name none.
select r.profile_id, count(*)
  from unnest(%(keys)s::uuid[]) as asked(key)
 cross join lateral (
    select coalesce(x.counted_on, x.record_id) as record_id
      from sale x
     where x.workspace_id = %(workspace_id)s and x.receipt_key = asked.key and x.kind in (1, 2)
     order by x.kind desc, x.occurred_at desc
     limit %(receipts)s
 ) as s
  left join lateral (
    select profile_id from record where workspace_id = %(workspace_id)s and record_id = s.record_id limit 1
 ) as r on true
 group by r.profile_id
 order by r.profile_id
 limit %(limit)s;

-- name: latest_purchases
-- The last sales of a profile that stand, latest first, each with the event that told it, sealed.
select s.occurred_at, s.store, s.channel, s.currency, s.total_minor, k.sealed_key, e.sealed, s.event_no
  from (
    select x.sale_id, x.occurred_at, x.store, x.channel, x.currency, x.total_minor, x.event_no
      from record r
     cross join lateral (
        select * from sale y
         where y.workspace_id = %(workspace_id)s and y.counted_on = r.record_id
           and y.kind = 1 and y.counted and not y.void
         order by y.occurred_at desc
         limit %(limit)s
     ) as x
     where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
     order by x.occurred_at desc, x.sale_id
     limit %(limit)s
  ) as s
  left join lateral (
    select v.record_id, v.sealed from event v
     where v.workspace_id = %(workspace_id)s and v.event_no = s.event_no limit 1
 ) as e on true
  left join lateral (
    select sealed_key from record where workspace_id = %(workspace_id)s and record_id = e.record_id limit 1
 ) as k on true
 order by s.occurred_at desc, s.sale_id;
