-- Requests of people about their data, and the indexes that let consent be counted and read by time.
-- `record_id` is any record of the customer and is gone with them, as is what is sealed; `subject` is a keyed
-- hash that stays, so that a letter of later can be matched with the request it is about.

create table privacy_request (
    workspace_id integer not null references workspace on delete cascade,
    request_no bigint not null,
    kind text not null check (kind in ('access', 'portability', 'correction', 'erasure', 'objection')),
    state text not null default 'new' check (state in ('new', 'checked', 'done', 'refused')),
    came_by text not null,
    received_on date not null,
    due_on date not null,
    created_at timestamptz not null,
    created_by text not null,
    extended_at timestamptz,
    extension text,
    checked_at timestamptz,
    checked_by text,
    check_method text,
    closed_at timestamptz,
    closed_by text,
    outcome text,
    record_id uuid,
    subject uuid not null,
    sealed_key bytea,
    sealed bytea,
    erasure_id uuid,
    proof jsonb not null default '{}',
    primary key (workspace_id, request_no)
);
create index privacy_request_open on privacy_request (workspace_id, due_on, request_no)
    where state in ('new', 'checked');
create index privacy_request_record on privacy_request (workspace_id, record_id) where record_id is not null;

alter table privacy_request enable row level security;
alter table privacy_request force row level security;
create policy workspace_fence on privacy_request using (
    workspace_id = nullif(current_setting('regulars.workspace_id', true), '')::integer
);

create index consent_count on consent (workspace_id, channel, purpose, granted);
create index consent_latest on consent (workspace_id, occurred_at);
