-- Figures of the reports: sums of receipts per day and month, kept up by a job beside the engine.
--
-- A turn only notes which business days it touched; the job adds up those days anew from the receipts, so the
-- figures are exact whatever came late, was corrected, returned or forgotten. None of it is about a person.

create index sale_day on sale (workspace_id, business_date);

-- `part` says what `name` is: channel, category, staff, or hour (`5-17`: Friday, five o'clock, in the store's time
-- zone), each per store; `channels` and `categories` are the sums over all stores, whose `store` is empty. `span` is
-- day or month, `first_day` the day itself or the first of the month. Money and quantities of `identified` and
-- `members` are what they bought less what they brought back.
create table report_figure (
    workspace_id integer not null,
    part text not null,
    span text not null check (span in ('day', 'month')),
    store text not null,
    first_day date not null,
    name text not null,
    currency text not null,
    orders bigint not null,
    identified bigint not null,
    members bigint not null,
    returns bigint not null,
    items_micro bigint not null,
    paid_minor bigint not null,
    returned_minor bigint not null,
    identified_minor bigint not null,
    members_minor bigint not null,
    primary key (workspace_id, part, span, store, first_day, name, currency)
) with (fillfactor = 85);
create index report_figure_day on report_figure (workspace_id, first_day);

-- Days whose receipts changed since they were added up; a day may stand here many times. `at` is null for the days
-- that were found to differ at a start: all of them, before the reports were first made.
create table report_touched (
    workspace_id integer not null,
    touched_no bigint generated always as identity,
    business_date date not null,
    at timestamptz default now(),
    primary key (workspace_id, touched_no)
);

-- One row a workspace: until which day (not included) months are added up.
create table report_state (
    workspace_id integer primary key,
    months_until date not null
);

-- Whether a receipt is a member's depends on the customer's profile, which later events may merge or make known.
create function report_touch_record() returns trigger language plpgsql
    set search_path from current as $$
begin
    insert into report_touched (workspace_id, business_date)
    select distinct s.workspace_id, s.business_date
    from record r
    join sale s on s.workspace_id = new.workspace_id and s.counted_on = r.record_id
    where r.workspace_id = new.workspace_id and r.profile_id in (old.profile_id, new.profile_id);
    return null;
end $$;
create trigger report_touch_record after update of known, profile_id on record for each row
    when (old.known is distinct from new.known or old.profile_id is distinct from new.profile_id)
    execute function report_touch_record();

-- Hours of the day are those of the store's time zone.
create function report_touch_store() returns trigger language plpgsql
    set search_path from current as $$
begin
    insert into report_touched (workspace_id, business_date)
    select distinct d.workspace_id, d.business_date from store_day d
    where d.workspace_id = new.workspace_id and d.store = new.code;
    return null;
end $$;
create trigger report_touch_store after update of time_zone on store for each row
    when (old.time_zone is distinct from new.time_zone) execute function report_touch_store();

do $$
declare t text;
begin
    foreach t in array array['report_figure', 'report_touched', 'report_state']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', t);
    end loop;
end $$;
