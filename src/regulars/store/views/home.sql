-- Figures of the front page. Sales come from the roll-up per shop, channel and business day; with `stores`, of
-- these alone, so that sales without a shop are left out.

-- name: sales_by_part
-- Sums of a span of business days per currency and day, per currency and channel, per currency and shop.
select currency, business_date, channel, store,
       sum(orders)::bigint, sum(identified)::bigint, sum(returns)::bigint,
       sum(paid_minor)::bigint, sum(returned_minor)::bigint
  from store_day
 where workspace_id = %(workspace_id)s and business_date >= %(from_day)s and business_date <= %(to_day)s
   and (%(stores)s::text[] is null or store = any(%(stores)s::text[]))
 group by grouping sets ((currency, business_date), (currency, channel), (currency, store));

-- name: sales_by_hour
-- Receipts of a span of a few hours per currency and hour of the day in a time zone. A business day is never more than
-- a day from the moment.
select currency, extract(hour from occurred_at at time zone %(zone)s)::integer as hour,
       count(*) filter (where kind = 1) as orders, count(*) filter (where kind = 1 and counted_on is not null) as identified,
       sum(case kind when 1 then total_minor else -total_minor end)::bigint as net_minor,
       coalesce(sum(total_minor) filter (where kind = 1), 0)::bigint as paid_minor,
       count(*) filter (where kind = 2) as returns
  from sale
 where workspace_id = %(workspace_id)s and occurred_at >= %(from_at)s and occurred_at < %(to_at)s
   and business_date >= (%(from_at)s at time zone 'UTC')::date - 1
   and business_date <= (%(to_at)s at time zone 'UTC')::date + 1
   and counted and kind in (1, 2) and (%(stores)s::text[] is null or store = any(%(stores)s::text[]))
 group by 1, 2;

-- name: new_customers
-- Known customers first heard of in a span, per day of a time zone.
select (first_at at time zone %(zone)s)::date as day, count(*)
  from record
 where workspace_id = %(workspace_id)s and first_at >= %(from_at)s and first_at < %(to_at)s
   and known and record_id = profile_id
 group by 1;
