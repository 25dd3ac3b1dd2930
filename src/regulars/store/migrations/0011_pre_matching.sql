-- Matching by a model: the keys under which records are sought that may be one person, pairs that a person should look
-- at, what people decided, and the models themselves. Links are worked out from the records, so they are not stored.

-- Keys of 64 bits, keyed hashes of what the model seeks by; `model_no` is the model that made them.
create table match_key (
    workspace_id integer not null,
    model_no smallint not null,
    key bigint not null,
    record_id uuid not null,
    primary key (workspace_id, model_no, key, record_id)
);

-- Keys that too many records share to say anything.
create table crowded_key (
    workspace_id integer not null,
    model_no smallint not null,
    key bigint not null,
    since timestamptz not null,
    primary key (workspace_id, model_no, key)
);

-- Pairs (a < b) of different profiles that may be one person; `conflict` where a certain identifier says otherwise.
create table review (
    workspace_id integer not null,
    a uuid not null,
    b uuid not null,
    weight double precision not null,
    conflict boolean not null,
    since timestamptz not null,
    primary key (workspace_id, a, b)
);
create index review_b on review (workspace_id, b);
create index review_weight on review (workspace_id, weight desc, a, b);

-- What people decided, word for word: together, apart, or nothing any more (null). `audited` once the trail has it.
create table decision (
    workspace_id integer not null,
    decision_id uuid not null,
    at timestamptz not null,
    actor text not null,
    reason text not null,
    together boolean,
    pairs integer not null,
    audited boolean not null default false,
    primary key (workspace_id, decision_id)
);
create index decision_at on decision (workspace_id, at desc, decision_id);
create index decision_untold on decision (workspace_id) where not audited;

-- What holds of two records (a < b): the last word on them.
create table manual_link (
    workspace_id integer not null,
    a uuid not null,
    b uuid not null,
    together boolean,
    said_at timestamptz not null,
    decision_id uuid not null,
    primary key (workspace_id, a, b)
);
create index manual_link_decision on manual_link (workspace_id, decision_id);
create index manual_link_b on manual_link (workspace_id, b);

-- Models of a workspace; number 1 is the one that came with the program when the workspace was first used.
-- `frequencies` are counts of values by their keyed hashes, taken once and kept.
create table identity_model (
    workspace_id integer not null,
    model_no smallint not null,
    name text not null,
    digest text not null,
    content text not null,
    frequencies bytea,
    made_at timestamptz not null,
    made_by text not null,
    primary key (workspace_id, model_no)
);

alter table generic_value add column audited boolean not null default false;
create index generic_value_untold on generic_value (workspace_id) where not audited;

alter table workspace_state
    add column model_no smallint not null default 1,
    add column rekeyed_to uuid;

-- Records from before have no keys yet: the engine makes them, page by page.
update workspace_state s set rekeyed_to = '00000000-0000-0000-0000-000000000000'
where exists (select from record r where r.workspace_id = s.workspace_id);

drop table edge;

do $$
declare t text;
begin
    foreach t in array array['match_key', 'crowded_key', 'review', 'decision', 'manual_link', 'identity_model']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', t);
    end loop;
end $$;

create or replace function refresh_statistics() returns void language plpgsql security definer
    set search_path from current as $$
begin
    analyze record, record_figures, identifier, name_word, match_key, sale, event_key, consent, store_day;
end $$;
