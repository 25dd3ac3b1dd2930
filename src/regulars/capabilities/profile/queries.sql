-- name: load_sales
-- Receipts by id, refunds and voids that name one of the given numbers, and the receipts these may mean.
with asked as (
    select key, naming from json_to_recordset(%(keys)s::json) as k(key uuid, naming boolean)
),
naming as (
    select s.sale_id, s.original_key from sale s
    where s.workspace_id = %(workspace_id)s and s.original_key in (select key from asked)
),
receipts as (
    select key from asked where naming
    union
    select original_key from naming
),
candidate as (
    select s.sale_id from receipts
    cross join lateral (
        select c.sale_id from sale c
        where c.workspace_id = %(workspace_id)s and c.receipt_key = receipts.key and c.kind <> 3
        order by c.occurred_at desc limit 50
    ) as s
)
select sale_id, kind, version, source_id, occurred_at, business_date, receipt, receipt_key, currency, event_key,
    store, till, channel, staff, original_key, original_store, original_till, original_date, total_minor,
    tax_minor, discount_minor, items_micro, lines, record_id, event_no, counted_on, counted, void, original_id
from sale
where workspace_id = %(workspace_id)s
    and sale_id in (
        select unnest(%(ids)s::uuid[]) union select sale_id from naming union select sale_id from candidate
    )

-- name: load_figures
-- The figures of records, with the last repeat of what is known of them.
select record_id, last_at, figures, seen_hash, seen_at, seen_key
from record_figures
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: load_spans
-- First and last purchase of records over the receipts that stay untouched.
select counted_on, min(occurred_at), max(occurred_at)
from sale
where workspace_id = %(workspace_id)s and counted_on = any(%(ids)s::uuid[]) and kind = 1 and counted
    and sale_id <> all(%(touched)s::uuid[])
group by counted_on

-- name: save_figures
-- Figures of records, cut from one blob.
insert into record_figures (workspace_id, record_id, seen_hash, seen_at, seen_key, last_at, figures)
select %(workspace_id)s, x.id, x.seen_hash, x.seen_at, x.seen_key, x.last_at,
    substring(%(blob)b::bytea, x.at, x.size)
from json_to_recordset(%(doc)s::json) as x(
    id uuid, seen_hash uuid, seen_at timestamptz, seen_key uuid, last_at timestamptz, at integer, size integer
)
on conflict (workspace_id, record_id) do update set
    seen_hash = excluded.seen_hash, seen_at = excluded.seen_at, seen_key = excluded.seen_key,
    last_at = excluded.last_at, figures = excluded.figures

-- name: save_sales
-- Receipts as they stand now, lines cut from one blob.
insert into sale (
    workspace_id, sale_id, kind, version, source_id, occurred_at, business_date, receipt, receipt_key, currency,
    event_key, store, till, channel, staff, original_key, original_store, original_till, original_date,
    total_minor, tax_minor, discount_minor, items_micro, lines, record_id, event_no, counted_on, counted, void,
    original_id
)
select %(workspace_id)s, x.sale_id, x.kind, x.version, x.source_id, x.occurred_at, x.business_date, x.receipt,
    x.receipt_key, x.currency, x.event_key, x.store, x.till, x.channel, x.staff, x.original_key,
    x.original_store, x.original_till, x.original_date, x.total_minor, x.tax_minor, x.discount_minor,
    x.items_micro, substring(%(blob)b::bytea, x.at, x.size), x.record_id, x.event_no, x.counted_on, x.counted,
    x.void, x.original_id
from json_to_recordset(%(doc)s::json) as x(
    sale_id uuid, kind smallint, version bigint, source_id integer, occurred_at timestamptz, business_date date,
    receipt text, receipt_key uuid, currency text, event_key uuid, store text, till text, channel text,
    staff text, original_key uuid, original_store text, original_till text, original_date date,
    total_minor bigint, tax_minor bigint, discount_minor bigint, items_micro bigint, record_id uuid,
    event_no bigint, counted_on uuid, counted boolean, void boolean, original_id uuid, at integer, size integer
)
on conflict (workspace_id, sale_id) do update set
    version = excluded.version, occurred_at = excluded.occurred_at, business_date = excluded.business_date,
    receipt = excluded.receipt, receipt_key = excluded.receipt_key, currency = excluded.currency,
    event_key = excluded.event_key, store = excluded.store, till = excluded.till, channel = excluded.channel,
    staff = excluded.staff, original_key = excluded.original_key, original_store = excluded.original_store,
    original_till = excluded.original_till, original_date = excluded.original_date,
    total_minor = excluded.total_minor, tax_minor = excluded.tax_minor,
    discount_minor = excluded.discount_minor, items_micro = excluded.items_micro, lines = excluded.lines,
    record_id = excluded.record_id, event_no = excluded.event_no, counted_on = excluded.counted_on,
    counted = excluded.counted, void = excluded.void, original_id = excluded.original_id

-- name: save_days
-- What the batch adds to the days of the shops.
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
