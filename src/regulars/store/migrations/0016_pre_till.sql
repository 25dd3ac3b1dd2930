-- How many points a till may let be spent in a sale that it makes without the network. An empty till stands for every
-- till of its store that has no row of its own; no row at all lets none be spent.
create table till_floor (
    workspace_id integer not null,
    store text not null,
    till text not null,
    points bigint not null,
    primary key (workspace_id, store, till),
    constraint floor_in_bounds check (points >= 0)
);

alter table till_floor enable row level security;
alter table till_floor force row level security;
create policy workspace_fence on till_floor using (
    workspace_id = nullif(current_setting('regulars.workspace_id', true), '')::integer
);
