-- What people decided of records, pair by pair and word by word: the word before the last is what an undo says again.

create table decision_pair (
    workspace_id integer not null,
    a uuid not null,
    b uuid not null,
    decision_id uuid not null,
    primary key (workspace_id, a, b, decision_id)
);
create index decision_pair_decision on decision_pair (workspace_id, decision_id);
create index decision_pair_b on decision_pair (workspace_id, b);

-- The decision that one takes back, if it does.
alter table decision add column undoes uuid;

do $$
begin
    execute 'alter table decision_pair enable row level security';
    execute 'alter table decision_pair force row level security';
    execute 'create policy workspace_fence on decision_pair using (workspace_id = '
        'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)';
end $$;
