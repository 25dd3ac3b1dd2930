-- Figures of the reports, from what the roll-up added up per day and per month.

-- name: one_moment
-- Lets all questions of a report see the same moment; first in its transaction.
set transaction isolation level repeatable read;

-- name: standing
-- Until when months are added up, and what waits: days, whether some are of the first filling, since when.
-- Of a long queue the front is looked at.
select (select months_until from report_state where workspace_id = %(workspace_id)s),
       count(distinct business_date), coalesce(bool_or(at is null), false), min(at)
  from (
    select business_date, at from report_touched
     where workspace_id = %(workspace_id)s
     order by touched_no limit 20000
  ) as waiting;

-- name: store_codes
-- Codes and names of the stores.
select code, name from store where workspace_id = %(workspace_id)s order by code limit 20000;

-- name: by_day
-- Sums per currency and day, and per currency and name.
select f.currency, f.first_day, f.name, sum(f.orders)::bigint, sum(f.identified)::bigint, sum(f.members)::bigint,
       sum(f.returns)::bigint, sum(f.items_micro)::bigint, sum(f.paid_minor)::bigint, sum(f.returned_minor)::bigint,
       sum(f.identified_minor)::bigint, sum(f.members_minor)::bigint
  from report_figure f
 where f.workspace_id = %(workspace_id)s and f.part = %(part)s and f.span = 'day' and f.store = any(%(stores)s)
   and f.first_day >= %(first)s and f.first_day <= %(last)s
 group by grouping sets ((f.currency, f.first_day), (f.currency, f.name));

-- name: by_name
-- Sums per currency and name over days and whole months.
select f.currency, f.name, sum(f.orders)::bigint, sum(f.identified)::bigint, sum(f.members)::bigint,
       sum(f.returns)::bigint, sum(f.items_micro)::bigint, sum(f.paid_minor)::bigint, sum(f.returned_minor)::bigint,
       sum(f.identified_minor)::bigint, sum(f.members_minor)::bigint
  from unnest(%(spans)s::text[], %(firsts)s::date[], %(lasts)s::date[]) as w(span, first, last)
  join report_figure f on f.workspace_id = %(workspace_id)s and f.part = %(part)s and f.span = w.span
   and f.store = any(%(stores)s) and f.first_day >= w.first and f.first_day <= w.last
 group by f.currency, f.name
 limit 50000;

-- name: by_store
-- Sums per currency and store over days and whole months.
select f.currency, f.store, sum(f.orders)::bigint, sum(f.identified)::bigint, sum(f.members)::bigint,
       sum(f.returns)::bigint, sum(f.items_micro)::bigint, sum(f.paid_minor)::bigint, sum(f.returned_minor)::bigint,
       sum(f.identified_minor)::bigint, sum(f.members_minor)::bigint
  from unnest(%(spans)s::text[], %(firsts)s::date[], %(lasts)s::date[]) as w(span, first, last)
  join report_figure f on f.workspace_id = %(workspace_id)s and f.part = %(part)s and f.span = w.span
   and f.store = any(%(stores)s) and f.first_day >= w.first and f.first_day <= w.last
 group by f.currency, f.store
 limit 50000;
