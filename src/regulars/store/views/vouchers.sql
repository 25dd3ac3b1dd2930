-- Vouchers of customers: what they may still use, and which their points gave.

-- name: of_records
-- Vouchers of some records, the soonest to end first: those that are open now, or all of them.
select c.record_id, c.code_hash, c.promotion_id, p.name, c.value_minor, c.currency, c.expires_at, c.hold_id, c.sealed,
       coalesce(n.uses > 0, false)
  from promotion_code c
  left join promotion p on p.workspace_id = c.workspace_id and p.promotion_id = c.promotion_id
  left join promotion_count n on n.workspace_id = c.workspace_id and n.scope = 'code'
       and n.key = replace(c.code_hash::text, '-', '') and n.promotion_id = c.promotion_id
  left join loyalty_hold h on h.workspace_id = c.workspace_id and h.hold_id = c.hold_id
 where c.workspace_id = %(workspace_id)s and c.record_id = any(%(ids)s::uuid[])
       and (not %(open)s or (
           (c.expires_at is null or c.expires_at > %(now)s)
           and coalesce(n.uses, 0) < coalesce(c.uses_max, coalesce(n.uses, 0) + 1)
           and coalesce(h.returned, 0) = 0
       ))
 order by coalesce(c.expires_at, 'infinity'), c.code_hash
 limit %(limit)s;

-- name: of_holds
-- Vouchers that the points of some holds were had for.
select c.record_id, c.code_hash, c.promotion_id, null, c.value_minor, c.currency, c.expires_at, c.hold_id, c.sealed,
       false
  from promotion_code c
  join loyalty_hold h on h.workspace_id = c.workspace_id and h.hold_id = c.hold_id and h.returned = 0
 where c.workspace_id = %(workspace_id)s and c.hold_id = any(%(holds)s::uuid[])
 order by c.hold_id;
