-- name: load_sales
-- Receipts by id.
select sale_id, kind, version, source_id, occurred_at, business_date, receipt, receipt_key, currency, event_key,
    store, till, channel, staff, original_key, original_store, original_till, original_date, total_minor,
    tax_minor, discount_minor, items_micro, lines, record_id, event_no, counted_on, counted, void, original_id
from sale where workspace_id = %(workspace_id)s and sale_id = any(%(ids)s::uuid[])

-- name: load_naming
-- Refunds and voids that name a receipt of one of the given numbers.
select sale_id, kind, version, source_id, occurred_at, business_date, receipt, receipt_key, currency, event_key,
    store, till, channel, staff, original_key, original_store, original_till, original_date, total_minor,
    tax_minor, discount_minor, items_micro, lines, record_id, event_no, counted_on, counted, void, original_id
from sale where workspace_id = %(workspace_id)s and original_key = any(%(keys)s::uuid[])

-- name: load_named
-- The receipt that each refund or void may name: the latest up to it and the first after it, and where that is
-- a refund, the sale it names in turn. The receipts of the batch itself are left out: how they stand now is
-- decided with the batch.
select s.sale_id, s.kind, s.version, s.source_id, s.occurred_at, s.business_date, s.receipt, s.receipt_key, s.currency, s.event_key,
    s.store, s.till, s.channel, s.staff, s.original_key, s.original_store, s.original_till, s.original_date, s.total_minor,
    s.tax_minor, s.discount_minor, s.items_micro, s.lines, s.record_id, s.event_no, s.counted_on, s.counted, s.void, s.original_id
from json_to_recordset(%(naming)s::json) as asked(key uuid, store text, till text, day date, at timestamptz, any_kind boolean)
cross join lateral (
    (
        select c.sale_id, c.original_id from sale c
        where c.workspace_id = %(workspace_id)s and c.receipt_key = asked.key and c.kind = 1
            and c.occurred_at <= asked.at and (asked.store is null or c.store = asked.store)
            and (asked.till is null or c.till = asked.till) and (asked.day is null or c.business_date = asked.day)
            and c.sale_id <> all(%(touched)s::uuid[])
        order by c.occurred_at desc, c.sale_id desc limit 1
    )
    union all
    (
        select c.sale_id, c.original_id from sale c
        where c.workspace_id = %(workspace_id)s and c.receipt_key = asked.key and c.kind = 1
            and c.occurred_at > asked.at and (asked.store is null or c.store = asked.store)
            and (asked.till is null or c.till = asked.till) and (asked.day is null or c.business_date = asked.day)
            and c.sale_id <> all(%(touched)s::uuid[])
        order by c.occurred_at, c.sale_id limit 1
    )
    union all
    (
        select c.sale_id, c.original_id from sale c
        where asked.any_kind and c.workspace_id = %(workspace_id)s and c.receipt_key = asked.key and c.kind = 2
            and c.occurred_at <= asked.at and (asked.store is null or c.store = asked.store)
            and (asked.till is null or c.till = asked.till) and (asked.day is null or c.business_date = asked.day)
            and c.sale_id <> all(%(touched)s::uuid[])
        order by c.occurred_at desc, c.sale_id desc limit 1
    )
    union all
    (
        select c.sale_id, c.original_id from sale c
        where asked.any_kind and c.workspace_id = %(workspace_id)s and c.receipt_key = asked.key and c.kind = 2
            and c.occurred_at > asked.at and (asked.store is null or c.store = asked.store)
            and (asked.till is null or c.till = asked.till) and (asked.day is null or c.business_date = asked.day)
            and c.sale_id <> all(%(touched)s::uuid[])
        order by c.occurred_at, c.sale_id limit 1
    )
) as found
cross join lateral (
    select * from sale
    where workspace_id = %(workspace_id)s and sale_id in (found.sale_id, found.original_id) offset 0
) as s

-- name: load_figures
-- The figures of records, with the last repeat of what is known of them.
select record_id, last_at, figures, seen_hash, seen_at, seen_key
from unnest(%(ids)s::uuid[]) as asked(id)
cross join lateral (
    select * from record_figures where workspace_id = %(workspace_id)s and record_id = asked.id limit 1
) as f

-- name: load_spans
-- First and last purchase of records over the receipts that stay untouched.
select asked.id, min(s.occurred_at), max(s.occurred_at)
from unnest(%(ids)s::uuid[]) as asked(id)
cross join lateral (
    select occurred_at from sale
    where workspace_id = %(workspace_id)s and counted_on = asked.id and kind = 1 and counted
        and sale_id <> all(%(touched)s::uuid[])
    offset 0
) as s
group by asked.id

-- name: save_figures
-- Figures of records.
insert into record_figures (workspace_id, record_id, seen_hash, seen_at, seen_key, last_at, figures)
select x.workspace_id, x.record_id, x.seen_hash, x.seen_at, x.seen_key, x.last_at, x.figures
from unnest(%(rows)b::record_figures[]) as x
on conflict (workspace_id, record_id) do update set
    seen_hash = excluded.seen_hash, seen_at = excluded.seen_at, seen_key = excluded.seen_key,
    last_at = excluded.last_at, figures = excluded.figures

-- name: add_sales
-- Receipts that are new.
insert into sale (
    workspace_id, sale_id, kind, version, source_id, record_id, counted_on, counted, void, occurred_at,
    business_date, store, till, channel, staff, receipt, receipt_key, original_key, original_id,
    original_store, original_till, original_date, currency, total_minor, tax_minor, discount_minor,
    items_micro, event_no, event_key, lines
)
select
    x.workspace_id, x.sale_id, x.kind, x.version, x.source_id, x.record_id, x.counted_on, x.counted, x.void,
    x.occurred_at, x.business_date, x.store, x.till, x.channel, x.staff, x.receipt, x.receipt_key,
    x.original_key, x.original_id, x.original_store, x.original_till, x.original_date, x.currency,
    x.total_minor, x.tax_minor, x.discount_minor, x.items_micro, x.event_no, x.event_key, x.lines
from unnest(%(rows)b::sale[]) as x

-- name: change_sales
-- Receipts that were there, as they stand now.
update sale s set
    version = x.version, record_id = x.record_id, counted_on = x.counted_on, counted = x.counted,
    void = x.void, occurred_at = x.occurred_at, business_date = x.business_date, store = x.store,
    till = x.till, channel = x.channel, staff = x.staff, receipt = x.receipt, receipt_key = x.receipt_key,
    original_key = x.original_key, original_id = x.original_id, original_store = x.original_store,
    original_till = x.original_till, original_date = x.original_date, currency = x.currency,
    total_minor = x.total_minor, tax_minor = x.tax_minor, discount_minor = x.discount_minor,
    items_micro = x.items_micro, event_no = x.event_no, event_key = x.event_key, lines = x.lines
from unnest(%(rows)b::sale[]) as x
where s.workspace_id = %(workspace_id)s and s.sale_id = x.sale_id

-- name: save_days
-- What the batch adds to the days of the shops; the reports are to add up those days anew.
with touched as (
    insert into report_touched (workspace_id, business_date)
    select distinct %(workspace_id)s, x.day from json_to_recordset(%(doc)s::json) as x(day date)
)
insert into store_day as d (
    workspace_id, business_date, store, channel, currency, orders, identified, returns, items_micro,
    paid_minor, returned_minor
)
select %(workspace_id)s, x.day, x.store, x.channel, x.currency, x.orders, x.identified, x.returns,
    x.items_micro, x.paid_minor, x.returned_minor
from json_to_recordset(%(doc)s::json) as x(
    day date, store text, channel text, currency text, orders bigint, identified bigint, returns bigint,
    items_micro bigint, paid_minor bigint, returned_minor bigint
)
on conflict (workspace_id, business_date, store, channel, currency) do update set
    orders = d.orders + excluded.orders, identified = d.identified + excluded.identified,
    returns = d.returns + excluded.returns, items_micro = d.items_micro + excluded.items_micro,
    paid_minor = d.paid_minor + excluded.paid_minor,
    returned_minor = d.returned_minor + excluded.returned_minor
