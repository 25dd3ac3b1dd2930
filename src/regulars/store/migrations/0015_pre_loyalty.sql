-- Loyalty: programmes and their versions, accounts of records, lots of points, holds, what sales earned, and a ledger
-- that only grows. A member is a profile; every row belongs to a record, so that a merge rewrites nothing.

create table programme (
    workspace_id integer not null,
    programme smallint not null,
    name text not null,
    made_at timestamptz not null,
    made_by text not null,
    primary key (workspace_id, programme)
);

-- The text of a version never changes once it is published; a draft is version 0 of its programme.
create table programme_version (
    workspace_id integer not null,
    programme smallint not null,
    version integer not null,
    content text not null,
    digest text not null,
    effective_from timestamptz,
    made_at timestamptz not null,
    made_by text not null,
    reason text not null default '',
    primary key (workspace_id, programme, version)
);

create table loyalty_account (
    workspace_id integer not null,
    programme smallint not null,
    record_id uuid not null,
    enrolled_at timestamptz,
    status text not null,
    debt jsonb not null,
    credits jsonb not null,
    used jsonb not null,
    first_at timestamptz,
    last_at timestamptz,
    primary key (workspace_id, record_id, programme)
);

create table loyalty_lot (
    workspace_id integer not null,
    lot_id uuid not null,
    record_id uuid not null,
    programme smallint not null,
    point text not null,
    reason text not null,
    origin uuid not null,
    earned bigint not null,
    remaining bigint not null,
    held bigint not null,
    expired bigint not null,
    active_from timestamptz not null,
    expires_at timestamptz,
    primary key (workspace_id, lot_id),
    constraint lot_in_bounds check (held >= 0 and held <= remaining and expired >= 0)
) with (fillfactor = 80);
create index loyalty_lot_open on loyalty_lot (workspace_id, record_id) where remaining > 0;
create index loyalty_lot_record on loyalty_lot (workspace_id, record_id, origin);
create index loyalty_lot_ends on loyalty_lot (workspace_id, expires_at) where remaining > 0;

create table loyalty_hold (
    workspace_id integer not null,
    hold_id uuid not null,
    record_id uuid not null,
    programme smallint not null,
    point text not null,
    amount bigint not null,
    expires_at timestamptz not null,
    state text not null,
    captured bigint not null,
    returned bigint not null,
    sale_id uuid,
    lots jsonb not null,
    primary key (workspace_id, hold_id),
    constraint hold_in_bounds check (captured >= 0 and captured <= amount and returned >= 0 and returned <= captured)
);
create index loyalty_hold_open on loyalty_hold (workspace_id, record_id) where state = 'open';
create index loyalty_hold_ends on loyalty_hold (workspace_id, expires_at) where state = 'open';
create index loyalty_hold_sale on loyalty_hold (workspace_id, sale_id) where sale_id is not null;

create table loyalty_earning (
    workspace_id integer not null,
    record_id uuid not null,
    programme smallint not null,
    key uuid not null,
    occurred_at timestamptz not null,
    doc bytea not null,
    primary key (workspace_id, record_id, programme, key)
);

create table ledger_txn (
    workspace_id integer not null,
    txn_id uuid not null,
    programme smallint not null,
    kind text not null,
    event_key uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    actor text not null,
    reason text not null,
    version integer,
    primary key (workspace_id, txn_id)
);
create index ledger_txn_event on ledger_txn (workspace_id, event_key);

-- Each entry moves points between two accounts, so that a transaction sums to zero by its shape.
create table ledger_entry (
    workspace_id integer not null,
    txn_id uuid not null,
    entry_no smallint not null,
    record_id uuid not null,
    point text not null,
    lot_id uuid,
    debit text not null,
    credit text not null,
    amount bigint not null,
    primary key (workspace_id, txn_id, entry_no),
    constraint entry_above_zero check (amount > 0 and debit <> credit)
);
create index ledger_entry_record on ledger_entry (workspace_id, record_id, txn_id);
create index ledger_entry_lot on ledger_entry (workspace_id, lot_id) where lot_id is not null;

do $$
declare
    fenced text;
begin
    foreach fenced in array array[
        'programme', 'programme_version', 'loyalty_account', 'loyalty_lot', 'loyalty_hold', 'loyalty_earning',
        'ledger_txn', 'ledger_entry'
    ] loop
        execute format('alter table %I enable row level security', fenced);
        execute format('alter table %I force row level security', fenced);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', fenced);
    end loop;
end $$;

-- What was posted stays as it was posted; only a workspace that is taken down as a whole goes with its books.
create function ledger_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and not exists (select from workspace where workspace_id = old.workspace_id
                                           and name not like 'rebuild-%') then
        return old;
    end if;
    raise exception 'entries of the ledger are never changed; post a transaction that reverses them';
end $$;
create trigger ledger_only_grows before update or delete on ledger_txn for each row
    execute function ledger_only_grows();
create trigger ledger_only_grows before update or delete on ledger_entry for each row
    execute function ledger_only_grows();
