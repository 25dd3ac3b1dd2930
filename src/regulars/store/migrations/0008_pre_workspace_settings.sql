-- What a workspace chose for itself in the console. A null column means: not chosen, so the default holds.
-- `version` rises with each change, so that two people who edit at once notice.

create table workspace_setting (
    workspace_id integer primary key references workspace on delete cascade,
    name text,
    time_zone text,
    region text,
    language text,
    hue text,
    version integer not null default 0,
    changed_at timestamptz,
    changed_by text not null default '',
    checklist_dismissed_at timestamptz
);
alter table workspace_setting enable row level security;
alter table workspace_setting force row level security;
create policy workspace_fence on workspace_setting using (workspace_id =
    nullif(current_setting('regulars.workspace_id', true), '')::integer);
