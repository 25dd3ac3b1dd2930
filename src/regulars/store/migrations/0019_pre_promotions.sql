-- Promotions and their versions, the codes they ask for, and how often and for how much they were used.

create table promotion (
    workspace_id integer not null,
    promotion_id text not null,
    name text not null,
    state text not null,
    made_at timestamptz not null,
    made_by text not null,
    changed_at timestamptz not null,
    primary key (workspace_id, promotion_id),
    constraint promotion_state check (state in ('draft', 'active', 'paused', 'ended'))
);

-- The text of a version never changes; it prices baskets from `effective_from` on, null where nobody said so yet.
create table promotion_version (
    workspace_id integer not null,
    promotion_id text not null,
    version integer not null,
    content text not null,
    digest text not null,
    effective_from timestamptz,
    made_at timestamptz not null,
    made_by text not null,
    primary key (workspace_id, promotion_id, version)
);

-- One row a workspace: rises with every change of what prices baskets, so that a quote sees whether its set is the last.
create table promotion_set (
    workspace_id integer not null,
    set_no bigint not null,
    primary key (workspace_id)
);

-- Keyed hashes of codes; the codes themselves are told once. `uses_max` null: as often as the promotion allows.
create table promotion_code (
    workspace_id integer not null,
    code_hash uuid not null,
    promotion_id text not null,
    batch integer not null,
    uses_max integer,
    primary key (workspace_id, code_hash)
);
create index promotion_code_batch on promotion_code (workspace_id, promotion_id, batch);

-- How often something was used: in all (scope total), on a store's day, by a record, with a code. `held` is reserved.
create table promotion_count (
    workspace_id integer not null,
    scope text not null,
    key text not null,
    promotion_id text not null,
    uses bigint not null,
    held bigint not null,
    spent_minor bigint not null,
    held_minor bigint not null,
    primary key (workspace_id, scope, key, promotion_id)
) with (fillfactor = 80);

create table promotion_hold (
    workspace_id integer not null,
    hold_id uuid not null,
    record_id uuid,
    store text not null,
    day date not null,
    expires_at timestamptz not null,
    state text not null,
    sale_id uuid,
    uses jsonb not null,
    primary key (workspace_id, hold_id)
);
create index promotion_hold_ends on promotion_hold (workspace_id, expires_at) where state = 'open';
create index promotion_hold_record on promotion_hold (workspace_id, record_id) where record_id is not null;

-- What sales used. `over`: what was beyond a bound when it was counted, for somebody to look at.
create table promotion_sale (
    workspace_id integer not null,
    sale_id uuid not null,
    record_id uuid,
    store text not null,
    day date not null,
    at timestamptz not null,
    counted boolean not null,
    uses jsonb not null,
    over jsonb not null,
    primary key (workspace_id, sale_id)
);
create index promotion_sale_record on promotion_sale (workspace_id, record_id) where record_id is not null;
create index promotion_sale_over on promotion_sale (workspace_id, at) where over <> '[]'::jsonb;

do $$
declare
    fenced text;
begin
    foreach fenced in array array[
        'promotion', 'promotion_version', 'promotion_set', 'promotion_code', 'promotion_count', 'promotion_hold',
        'promotion_sale'
    ] loop
        execute format('alter table %I enable row level security', fenced);
        execute format('alter table %I force row level security', fenced);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', fenced);
    end loop;
end $$;
