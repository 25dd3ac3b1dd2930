-- The figures of the reports, added up from the receipts of the days that changed.

-- name: touch_differing
-- Notes the days on which the reports and the days of the shops differ: all, when there are no reports yet.
insert into report_touched (workspace_id, business_date, at)
select %(workspace_id)s, business_date, null::timestamptz
from (
    select business_date, currency, orders, identified, returns, paid_minor, returned_minor from store_day
    where workspace_id = %(workspace_id)s
    union all
    select first_day, currency, -orders, -identified, -returns, -paid_minor, -returned_minor from report_figure
    where workspace_id = %(workspace_id)s and part = 'channels' and span = 'day' and store = ''
) as both_sides
group by business_date, currency
having (sum(orders), sum(identified), sum(returns), sum(paid_minor), sum(returned_minor)) <> (0, 0, 0, 0, 0);

-- name: start
-- The first time; months are added up as their days are.
insert into report_state (workspace_id, months_until) values (%(workspace_id)s, %(months_until)s)
on conflict (workspace_id) do nothing;

-- name: lock
-- Until which day months are added up; one program at a time goes on from here.
select months_until from report_state where workspace_id = %(workspace_id)s for update;

-- name: take_days
-- The newest days that were touched, taken off the list.
with chosen as (
    select distinct business_date from report_touched where workspace_id = %(workspace_id)s
    order by business_date desc limit %(limit)s
), taken as (
    delete from report_touched t using chosen c
    where t.workspace_id = %(workspace_id)s and t.business_date = c.business_date
)
select business_date from chosen;

-- name: waits
-- Whether days wait still.
select exists (select from report_touched where workspace_id = %(workspace_id)s);

-- name: zones
-- Time zones of the stores.
select distinct time_zone from store where workspace_id = %(workspace_id)s and time_zone is not null;

-- name: fit_zones
-- Which of these time zones the database knows.
select name from pg_catalog.pg_timezone_names where name = any(%(names)s);

-- name: drop_days
-- What was added up of the days before.
delete from report_figure
where workspace_id = %(workspace_id)s and first_day = any(%(days)s::date[]) and span = 'day';

-- name: add_days
-- Adds up the receipts of days. Categories come from the lines, cut to 200 characters; a line that holds the
-- character U+0000, which PostgreSQL cannot read, tells none.
insert into report_figure (
    workspace_id, part, span, store, first_day, name, currency, orders, identified, members, returns, items_micro,
    paid_minor, returned_minor, identified_minor, members_minor
)
with receipt as materialized (
    select s.business_date, coalesce(s.store, '') as store, coalesce(s.channel, '') as channel,
        coalesce(s.staff, '') as staff, s.currency, s.kind, s.total_minor, s.items_micro, s.sale_id,
        s.counted_on is not null as identified, coalesce(head.known, false) as member,
        convert_from(s.lines, 'UTF8') as lines,
        to_char(s.occurred_at at time zone
            case when t.time_zone = any(%(zones)s) then t.time_zone else 'UTC' end, 'ID-HH24') as hour
    from sale s
    left join store t on t.workspace_id = %(workspace_id)s and t.code = s.store
    left join record r on r.workspace_id = %(workspace_id)s and r.record_id = s.counted_on
    left join record head on head.workspace_id = %(workspace_id)s and head.record_id = r.profile_id
    where s.workspace_id = %(workspace_id)s and s.business_date = any(%(days)s::date[])
        and s.counted and s.kind in (1, 2)
), line as (
    select business_date, store, currency, kind, sale_id, identified, member,
        left(coalesce(l ->> 2, ''), 200) as category,
        sum((l ->> 7)::bigint) as total_minor, sum((l ->> 3)::bigint) as items_micro
    from receipt
    cross join lateral json_array_elements(
        case when position('\u0000' in lines) > 0 then '[]' else lines end::json) as l
    group by 1, 2, 3, 4, 5, 6, 7, 8
), named as (
    select p.part, r.business_date, r.store, p.name, r.currency, r.kind, r.total_minor, r.items_micro,
        r.identified, r.member
    from receipt r
    cross join lateral (values ('channel', channel), ('staff', staff), ('hour', hour)) as p(part, name)
    union all
    select 'category', business_date, store, category, currency, kind, total_minor, items_micro, identified, member
    from line
), summed as (
    select part, business_date, store, name, currency,
        count(*) filter (where kind = 1) as orders,
        count(*) filter (where kind = 1 and identified) as identified,
        count(*) filter (where kind = 1 and member) as members,
        count(*) filter (where kind = 2) as returns,
        coalesce(sum(items_micro) filter (where kind = 1), 0) as items_micro,
        coalesce(sum(total_minor) filter (where kind = 1), 0) as paid_minor,
        coalesce(sum(total_minor) filter (where kind = 2), 0) as returned_minor,
        coalesce(sum(case kind when 1 then total_minor else -total_minor end) filter (where identified), 0)
            as identified_minor,
        coalesce(sum(case kind when 1 then total_minor else -total_minor end) filter (where member), 0)
            as members_minor
    from named
    group by 1, 2, 3, 4, 5
)
select %(workspace_id)s, part, 'day', store, business_date, name, currency, orders, identified, members, returns,
    items_micro, paid_minor, returned_minor, identified_minor, members_minor
from summed
union all
select %(workspace_id)s, case part when 'channel' then 'channels' else 'categories' end, 'day', '', business_date,
    name, currency, sum(orders), sum(identified), sum(members), sum(returns), sum(items_micro), sum(paid_minor),
    sum(returned_minor), sum(identified_minor), sum(members_minor)
from summed where part in ('channel', 'category')
group by part, business_date, name, currency;

-- name: drop_months
-- What was added up of the months before.
delete from report_figure
where workspace_id = %(workspace_id)s and first_day = any(%(months)s::date[]) and span = 'month';

-- name: add_months
-- Adds up the days of months; what is shown by day alone has no months.
insert into report_figure (
    workspace_id, part, span, store, first_day, name, currency, orders, identified, members, returns, items_micro,
    paid_minor, returned_minor, identified_minor, members_minor
)
select %(workspace_id)s, f.part, 'month', f.store, m.first_day, f.name, f.currency, sum(f.orders), sum(f.identified),
    sum(f.members), sum(f.returns), sum(f.items_micro), sum(f.paid_minor), sum(f.returned_minor),
    sum(f.identified_minor), sum(f.members_minor)
from unnest(%(months)s::date[]) as m(first_day)
join report_figure f on f.workspace_id = %(workspace_id)s and f.span = 'day' and f.part <> 'channels'
    and f.first_day >= m.first_day and f.first_day < m.first_day + interval '1 month'
group by f.part, f.store, m.first_day, f.name, f.currency;

-- name: save_state
-- Until which day months are added up now.
update report_state set months_until = %(months_until)s
where workspace_id = %(workspace_id)s and months_until < %(months_until)s;
