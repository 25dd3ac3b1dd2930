-- What people should look at in loyalty: unusual adjustments, and members beyond a programme's limits.

-- name: adjusters
-- How often, and by how much, each has adjusted points since a time; the busiest first.
select t.actor, count(distinct t.txn_id)::int,
       coalesce(sum(e.amount) filter (where e.credit = 'member'), 0)::bigint,
       coalesce(sum(e.amount) filter (where e.debit = 'member'), 0)::bigint
  from ledger_txn t
  join ledger_entry e on e.workspace_id = t.workspace_id and e.txn_id = t.txn_id
       and 'adjusted' in (e.debit, e.credit)
 where t.workspace_id = %(workspace_id)s and t.kind = 'adjust' and t.recorded_at > %(since)s
 group by t.actor
 order by 2 desc, 1
 limit %(limit)s;

-- name: busy_days
-- Members whose points of one day, or purchases that earned in it, are more than a limit (none: no limit); since a time.
select r.profile_id, (t.occurred_at at time zone %(zone)s)::date as day, e.point, sum(e.amount)::bigint,
       count(distinct l.origin) filter (where l.reason = 'sale')::int
  from ledger_txn t
  join ledger_entry e on e.workspace_id = %(workspace_id)s and e.txn_id = t.txn_id
       and e.debit = 'issued' and e.credit = 'member'
  join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.lot_id = e.lot_id
  join record r on r.workspace_id = %(workspace_id)s and r.record_id = e.record_id
 where t.workspace_id = %(workspace_id)s and t.programme = %(programme)s
       and t.recorded_at > %(since)s and t.occurred_at > %(since)s
 group by 1, 2, 3
having sum(e.amount) > coalesce(%(points)s::bigint, 9e18)
    or count(distinct l.origin) filter (where l.reason = 'sale') > coalesce(%(uses)s::bigint, 9e18)
 order by 2 desc, 4 desc, 1, 3
 limit %(limit)s;
