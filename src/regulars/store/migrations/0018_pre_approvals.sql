-- Approvals: what somebody asked for that a second person decides on. The command is kept as it will be carried out; it
-- and the reason name nobody, and both are emptied when the person it is about is erased. One that nobody decides on in
-- time has lapsed: it is open and past its time.

create table approval (
    workspace_id integer not null,
    approval_id uuid not null,
    kind text not null,
    subject uuid,
    asked_by text not null,
    asked_at timestamptz not null,
    stores text[],
    reason text not null,
    command jsonb not null,
    state text not null,
    decided_by text,
    decided_at timestamptz,
    note text not null default '',
    expires_at timestamptz not null,
    outcome text,
    primary key (workspace_id, approval_id),
    constraint approval_state check (state in ('open', 'approved', 'rejected', 'lapsed')),
    constraint approval_of_another check (decided_by is null or decided_by <> asked_by)
);
create index approval_open on approval (workspace_id, asked_at) where state = 'open';
create index approval_asked on approval (workspace_id, asked_at, approval_id);
create index approval_subject on approval (workspace_id, subject) where subject is not null;

-- For looking at what was adjusted, and at what was booked, lately; neither slows the booking down.
create index ledger_txn_adjusted on ledger_txn (workspace_id, recorded_at) where kind = 'adjust';
create index ledger_txn_recorded on ledger_txn using brin (recorded_at);

do $$
begin
    execute 'alter table approval enable row level security';
    execute 'alter table approval force row level security';
    execute 'create policy workspace_fence on approval using (workspace_id = '
        'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)';
end $$;
