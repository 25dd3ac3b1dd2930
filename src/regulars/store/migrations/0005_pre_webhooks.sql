-- Outgoing webhooks: endpoints a workspace has us tell, and the attempts at telling them. The messages themselves
-- are effects of the outbox (kind 'webhook'), whose source_id is then the number of an endpoint.

create table webhook (
    workspace_id integer not null references workspace on delete cascade,
    endpoint_id integer not null,
    url text not null,
    description text not null,
    types text[] not null,
    sealed_secret bytea not null,
    sealed_old_secret bytea,
    old_secret_until timestamptz,
    created_at timestamptz not null default now(),
    disabled_at timestamptz,
    disabled_why text check (disabled_why in ('person', 'gone', 'failing')),
    deleted_at timestamptz,
    tried_at timestamptz,
    delivered_at timestamptz,
    failing_since timestamptz,
    primary key (workspace_id, endpoint_id)
);

-- One try at one message. `sealed_answer` is the beginning of what the endpoint answered, under the workspace's key.
create table webhook_attempt (
    workspace_id integer not null,
    outbox_id bigint not null,
    attempt_no bigint generated always as identity,
    at timestamptz not null,
    status integer,
    took_ms integer not null,
    error text,
    sealed_answer bytea,
    primary key (workspace_id, outbox_id, attempt_no),
    foreign key (workspace_id, outbox_id) references outbox on delete cascade
);

-- A source and an endpoint may have the same number, so the kind comes first.
drop index outbox_due;
create index outbox_due on outbox (workspace_id, kind, source_id, due_at) where state = 'pending';
create index outbox_webhook on outbox (workspace_id, source_id, outbox_id) where kind = 'webhook';
create index outbox_webhook_state on outbox (workspace_id, source_id, state, outbox_id) where kind = 'webhook';
create index outbox_webhook_type on outbox (workspace_id, source_id, (body ->> 'type'), outbox_id)
    where kind = 'webhook';

do $$
declare t text;
begin
    foreach t in array array['webhook', 'webhook_attempt']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', t);
    end loop;
end $$;
