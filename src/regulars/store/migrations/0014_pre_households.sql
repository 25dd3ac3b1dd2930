-- Households: keyed hashes of 64 bits of a record's home with the family name, its e-mail and its phone; the lowest two
-- bits say which. Profiles that share one live together or use one contact; nobody is merged by it.
create table household_key (
    workspace_id integer not null,
    key bigint not null,
    record_id uuid not null,
    primary key (workspace_id, key, record_id)
);

alter table household_key enable row level security;
alter table household_key force row level security;
create policy workspace_fence on household_key using (
    workspace_id = nullif(current_setting('regulars.workspace_id', true), '')::integer
);
