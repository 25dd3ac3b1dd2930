-- How far what is due once a day in a loyalty programme has come: birthday gifts, reminders. A pass goes through members in
-- the order of their ids, `after` the last one it has done, up to and with the day `upto`; `done_day` is the last day of
-- the pass before it.

create table loyalty_daily (
    workspace_id integer not null,
    programme smallint not null,
    task text not null,
    done_day date not null,
    upto date,
    after uuid not null default '00000000-0000-0000-0000-000000000000',
    primary key (workspace_id, programme, task)
);

do $$
begin
    execute 'alter table loyalty_daily enable row level security';
    execute 'alter table loyalty_daily force row level security';
    execute 'create policy workspace_fence on loyalty_daily using (workspace_id = '
        'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)';
end $$;
