-- Core tables: who may enter, the event log, records and profiles, sales and figures, registers, consent,
-- protection. Every table of a workspace carries workspace_id first and is fenced by row-level security.
-- Ids of type uuid are keyed hashes; nothing here holds a person's data in clear.

create table workspace (
    workspace_id integer generated always as identity primary key,
    name text not null unique,
    created_at timestamptz not null default now(),
    options jsonb not null default '{}'
);

-- One hot row per workspace, written under its lock: counters, chain head, life signs. `cache_no` rises when
-- something that engines hold in memory changes (time zones of shops, generic values, tombstones).
create table workspace_state (
    workspace_id integer primary key references workspace on delete cascade,
    event_no bigint not null default 0,
    turn_no bigint not null default 0,
    profiles bigint not null default 0,
    cache_no bigint not null default 0,
    audit_no bigint not null default 0,
    audit_hash bytea not null default '\x',
    canary_at timestamptz,
    turn_at timestamptz
) with (fillfactor = 50);

create table source (
    workspace_id integer not null references workspace on delete cascade,
    source_id integer not null,
    name text not null,
    kind text not null,
    till_system text not null,
    receipts_never_reset boolean not null default false,
    options jsonb not null default '{}',
    sealed_secrets bytea,
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    primary key (workspace_id, source_id),
    unique (workspace_id, name)
);

create table api_key (
    workspace_id integer not null references workspace on delete cascade,
    key_id uuid not null,
    name text not null,
    source_id integer not null,
    key_hash bytea not null,
    hint text not null,
    scopes text[] not null,
    created_at timestamptz not null default now(),
    created_by text not null default '',
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    replaced_by uuid,
    primary key (workspace_id, key_id),
    unique (workspace_id, key_hash),
    foreign key (workspace_id, source_id) references source
);

create table app_user (
    workspace_id integer not null references workspace on delete cascade,
    user_id uuid not null,
    email_hash uuid not null,
    sealed_key bytea not null,
    sealed bytea not null,
    password_hash text not null,
    role text not null check (role in ('owner', 'engineer', 'marketer', 'manager', 'associate', 'privacy')),
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    primary key (workspace_id, user_id),
    unique (workspace_id, email_hash)
);

create table user_session (
    workspace_id integer not null,
    token_hash bytea not null,
    user_id uuid not null,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    primary key (workspace_id, token_hash),
    foreign key (workspace_id, user_id) references app_user on delete cascade
);

-- The event log. Bodies are sealed under the record's key (or the workspace's, where there is no record).
create table event (
    workspace_id integer not null,
    event_no bigint not null,
    received_at timestamptz not null,
    occurred_at timestamptz not null,
    event_key uuid not null,
    turn_no bigint not null,
    source_id integer not null,
    type text not null,
    record_id uuid,
    sealed bytea not null,
    primary key (workspace_id, event_no, received_at)
) partition by range (received_at);
create index event_record on event (workspace_id, record_id, occurred_at) where record_id is not null;
alter table event alter column sealed set storage external;

-- Uniqueness of (source, source event id), for ever; never dropped with the log's partitions.
create table event_key (
    workspace_id integer not null,
    event_key uuid not null,
    primary key (workspace_id, event_key)
);

-- One row a turn: its clock readings make the trace of Live events.
create table turn (
    workspace_id integer not null,
    turn_no bigint not null,
    at timestamptz not null,
    events integer not null,
    checked_at timestamptz not null,
    loaded_at timestamptz not null,
    decided_at timestamptz not null,
    saved_at timestamptz not null,
    primary key (workspace_id, turn_no)
);

create table quarantine (
    workspace_id integer not null,
    quarantine_id uuid not null,
    received_at timestamptz not null,
    source_id integer not null,
    door text not null,
    type text not null,
    code text not null,
    field text,
    message text not null,
    sealed_key bytea not null,
    sealed bytea not null,
    attempts integer not null default 0,
    resolved_at timestamptz,
    primary key (workspace_id, quarantine_id)
);
create index quarantine_open on quarantine (workspace_id, received_at) where resolved_at is null;

-- Identity: one record per customer per source, linked by edges into profiles.
create table record (
    workspace_id integer not null,
    record_id uuid not null,
    source_id integer not null,
    known boolean not null,
    first_at timestamptz not null,
    component_id uuid not null,
    profile_id uuid not null,
    sealed_key bytea not null,
    sealed bytea not null,
    primary key (workspace_id, record_id)
) with (fillfactor = 85);
create index record_component on record (workspace_id, component_id);
create index record_profile on record (workspace_id, profile_id);
create index record_first on record (workspace_id, first_at);

-- The hot half of a record: its figures, and the stamp of the last event that only repeated what is known.
create table record_figures (
    workspace_id integer not null,
    record_id uuid not null,
    seen_hash uuid,
    seen_at timestamptz,
    seen_key uuid,
    last_at timestamptz not null,
    figures bytea not null,
    primary key (workspace_id, record_id)
) with (fillfactor = 70);

create table identifier (
    workspace_id integer not null,
    kind smallint not null,
    value uuid not null,
    record_id uuid not null,
    current boolean not null,
    primary key (workspace_id, kind, value, record_id)
);

-- Whole words and prefixes (from three letters) of names, as keyed hashes, for search.
create table name_word (
    workspace_id integer not null,
    word uuid not null,
    record_id uuid not null,
    primary key (workspace_id, word, record_id)
);

create table edge (
    workspace_id integer not null,
    component_id uuid not null,
    a uuid not null,
    b uuid not null,
    kind smallint not null,
    value uuid not null,
    linked boolean not null,
    reason text not null,
    primary key (workspace_id, component_id, a, b, kind, value)
);

create table generic_value (
    workspace_id integer not null,
    kind smallint not null,
    value uuid not null,
    people integer not null,
    records integer not null,
    since timestamptz not null,
    primary key (workspace_id, kind, value)
);

create table tombstone (
    workspace_id integer not null,
    tombstone uuid not null,
    erased_at timestamptz not null,
    primary key (workspace_id, tombstone)
);

-- Sales, refunds (kind 2) and voids (kind 3); `counted_on` is the record whose figures hold the row now.
create table sale (
    workspace_id integer not null,
    sale_id uuid not null,
    kind smallint not null,
    version bigint not null,
    source_id integer not null,
    record_id uuid,
    counted_on uuid,
    counted boolean not null,
    void boolean not null,
    occurred_at timestamptz not null,
    business_date date not null,
    store text,
    till text,
    channel text,
    staff text,
    receipt text not null,
    receipt_key uuid not null,
    original_key uuid,
    original_id uuid,
    original_store text,
    original_till text,
    original_date date,
    currency text not null,
    total_minor bigint not null,
    tax_minor bigint not null,
    discount_minor bigint not null,
    items_micro bigint not null,
    event_no bigint not null,
    event_key uuid not null,
    lines bytea not null,
    primary key (workspace_id, sale_id)
) with (fillfactor = 90);
create index sale_receipt on sale (workspace_id, receipt_key, kind, occurred_at);
create index sale_original on sale (workspace_id, original_key) where original_key is not null;
create index sale_record on sale (workspace_id, counted_on, occurred_at) where counted_on is not null;

-- What each shop and channel sold on each business day; anonymous sales count here too.
create table store_day (
    workspace_id integer not null,
    business_date date not null,
    store text not null,
    channel text not null,
    currency text not null,
    orders bigint not null,
    identified bigint not null,
    returns bigint not null,
    items_micro bigint not null,
    paid_minor bigint not null,
    returned_minor bigint not null,
    primary key (workspace_id, business_date, store, channel, currency)
) with (fillfactor = 60);

create table consent (
    workspace_id integer not null,
    address uuid not null,
    channel text not null,
    purpose text not null,
    granted boolean not null,
    occurred_at timestamptz not null,
    event_key uuid not null,
    record_id uuid,
    source_id integer not null,
    primary key (workspace_id, address, channel, purpose)
);
create index consent_record on consent (workspace_id, record_id) where record_id is not null;

-- Registers: shops, products, staff, stock. Last writer by (occurred_at, event key).
create table store (
    workspace_id integer not null,
    code text not null,
    name text,
    time_zone text,
    region text,
    country text,
    currency text,
    tax_mode text,
    said_at timestamptz not null default '-infinity',
    said_key uuid not null default '00000000-0000-0000-0000-000000000000',
    primary key (workspace_id, code)
);

create table product (
    workspace_id integer not null,
    sku text not null,
    name text,
    category text,
    brand text,
    barcode text,
    price_minor bigint,
    currency text,
    active boolean not null default true,
    said_at timestamptz not null default '-infinity',
    said_key uuid not null default '00000000-0000-0000-0000-000000000000',
    primary key (workspace_id, sku)
);

create table staff (
    workspace_id integer not null,
    code text not null,
    sealed bytea,
    active boolean not null default true,
    said_at timestamptz not null default '-infinity',
    said_key uuid not null default '00000000-0000-0000-0000-000000000000',
    primary key (workspace_id, code)
);

create table stock (
    workspace_id integer not null,
    sku text not null,
    store text not null,
    quantity numeric not null,
    said_at timestamptz not null,
    said_key uuid not null,
    primary key (workspace_id, sku, store)
);

-- What a turn wants done outside; holds references, is rendered when sent.
create table outbox (
    workspace_id integer not null,
    outbox_id bigint generated always as identity,
    kind text not null,
    source_id integer not null,
    dedupe uuid not null,
    body jsonb not null,
    state text not null default 'pending' check (state in ('pending', 'done', 'dead')),
    attempts integer not null default 0,
    due_at timestamptz not null,
    created_at timestamptz not null default now(),
    done_at timestamptz,
    last_error text,
    primary key (workspace_id, outbox_id),
    unique (workspace_id, dedupe)
) with (fillfactor = 70);
create index outbox_due on outbox (workspace_id, source_id, due_at) where state = 'pending';
create index outbox_dead on outbox (workspace_id, done_at) where state = 'dead';

create table audit (
    workspace_id integer not null,
    audit_no bigint not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    object text not null,
    details jsonb not null,
    hash bytea not null,
    primary key (workspace_id, audit_no)
);
create index audit_object on audit (workspace_id, object, audit_no);

create table erasure (
    workspace_id integer not null,
    erasure_id uuid not null,
    at timestamptz not null,
    actor text not null,
    tombstones uuid[] not null,
    proof jsonb not null,
    primary key (workspace_id, erasure_id)
);

create table import_run (
    workspace_id integer not null,
    run_key uuid not null,
    file_name text not null,
    kind text not null,
    position bigint not null default 0,
    applied bigint not null default 0,
    duplicate bigint not null default 0,
    rejected bigint not null default 0,
    started_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    finished_at timestamptz,
    primary key (workspace_id, run_key)
);

create table answer (
    workspace_id integer not null,
    route text not null,
    caller uuid not null,
    key_hash uuid not null,
    body_hash uuid not null,
    status integer not null,
    sealed_key bytea not null,
    sealed bytea not null,
    created_at timestamptz not null default now(),
    primary key (workspace_id, caller, route, key_hash)
);

-- Row-level security: a connection sees the workspace it named for this transaction, and nothing without one.
do $$
declare t text;
begin
    foreach t in array array[
        'workspace_state', 'source', 'api_key', 'app_user', 'user_session', 'event',
        'event_key', 'turn', 'quarantine', 'record', 'record_figures', 'identifier', 'name_word', 'edge',
        'generic_value', 'tombstone', 'sale', 'store_day', 'consent', 'store', 'product', 'staff', 'stock',
        'outbox', 'audit', 'erasure', 'import_run', 'answer']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', t);
    end loop;
end $$;

-- A young workspace grows from nothing to thousands of rows before autovacuum first looks at it; until then
-- the planner knows nothing of the keys. The engine calls this at 500 events and every fourfold after.
create function refresh_statistics() returns void language plpgsql security definer
    set search_path from current as $$
begin
    analyze record, record_figures, identifier, name_word, edge, sale, event_key, consent, store_day;
end $$;
revoke all on function refresh_statistics() from public;
do $$
begin
    if exists (select from pg_roles where rolname = 'regulars_app') then
        grant execute on function refresh_statistics() to regulars_app;
    end if;
end $$;
