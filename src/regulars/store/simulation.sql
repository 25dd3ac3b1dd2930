-- Looking at sales of many days to tell what a loyalty programme would give for them.

-- name: share_moment
-- A name by which other connections look at the moment this transaction sees.
select pg_export_snapshot()

-- name: sort_in_memory
-- Long reads sort in memory as far as this goes, and on disk beyond.
set local work_mem = '64MB'

-- name: members
-- Customers in the order of their ids: since when they take part, card, known, tier credit by day, bought before.
select r.profile_id::text, min(a.enrolled_at), bool_or(r.known), bool_or(c.record_id is not null),
    coalesce(json_agg(a.credits) filter (where a.credits <> '{}'), '[]')::text,
    coalesce(bool_or(a.first_at < %(since)s), false) or (%(firsts)s and bool_or(exists (
        select from sale s
        where s.workspace_id = %(workspace_id)s and s.counted_on = r.record_id and s.occurred_at < %(since)s
    )))
from record r
left join loyalty_account a
    on a.workspace_id = %(workspace_id)s and a.record_id = r.record_id and a.programme = %(programme)s
left join (
    select distinct record_id from identifier
    where workspace_id = %(workspace_id)s and kind = %(card)s and current and %(cards)s
) c on c.record_id = r.record_id
where r.workspace_id = %(workspace_id)s and r.profile_id >= %(first)s::uuid
    and (%(last)s::uuid is null or r.profile_id < %(last)s::uuid)
group by r.profile_id
order by r.profile_id

-- name: sales
-- What was bought and what came back in some days, in the order of the customers' ids; returns stand by their sale.
select r.profile_id::text, s.kind, s.sale_id::text, null::text, s.occurred_at, s.currency, s.store, s.channel,
    s.total_minor, s.tax_minor, s.discount_minor, s.lines
from sale s
join record r on r.workspace_id = s.workspace_id and r.record_id = s.record_id
where s.workspace_id = %(workspace_id)s and s.counted
    and (s.kind = 1 or (s.kind = 2 and s.original_key is null))
    and s.occurred_at >= %(since)s and s.occurred_at < %(until)s
    and r.profile_id >= %(first)s::uuid and (%(last)s::uuid is null or r.profile_id < %(last)s::uuid)
union all
select r.profile_id::text, s.kind, s.sale_id::text, o.sale_id::text, s.occurred_at, s.currency, s.store, s.channel,
    s.total_minor, s.tax_minor, s.discount_minor, s.lines
from sale s
join sale o on o.workspace_id = s.workspace_id and o.sale_id = s.original_id
join record r on r.workspace_id = o.workspace_id and r.record_id = o.record_id
where s.workspace_id = %(workspace_id)s and s.counted and s.kind = 2 and o.counted
    and s.occurred_at >= %(since)s and s.occurred_at < %(until)s and o.occurred_at >= %(since)s
    and r.profile_id >= %(first)s::uuid and (%(last)s::uuid is null or r.profile_id < %(last)s::uuid)
order by 1

-- name: really_given
-- Points that sales and events of some days were given, and what returns of those days took back, by type.
select e.point,
    coalesce(sum(e.amount) filter (where e.debit = 'issued'), 0)::bigint
        - coalesce(sum(e.amount) filter (where e.credit = 'issued'), 0)::bigint,
    coalesce(sum(e.amount) filter (where e.credit = 'clawback'), 0)::bigint
        - coalesce(sum(e.amount) filter (where e.debit = 'clawback'), 0)::bigint
from ledger_txn t
join ledger_entry e on e.workspace_id = t.workspace_id and e.txn_id = t.txn_id
where t.workspace_id = %(workspace_id)s and t.programme = %(programme)s
    and t.occurred_at >= %(since)s and t.occurred_at < %(until)s
group by e.point order by e.point

-- name: anybody_joined
-- Whether anybody has joined a programme.
select exists (
    select from loyalty_account
    where workspace_id = %(workspace_id)s and programme = %(programme)s and enrolled_at is not null
)
