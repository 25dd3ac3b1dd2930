-- What a signed-in person does with their own account: sessions told apart, a second factor, single sign-on.

-- Client address and browser a session was begun from, sealed under the key of its account; they go with the
-- session. Null: begun by the release before.
alter table user_session add column sealed bytea;
create index user_session_of_person on user_session (workspace_id, user_id);

-- One-time passwords (RFC 6238). The secret is sealed under the key of the account. Before `confirmed_at` it is only
-- being set up; `last_step` is the newest period a code was taken of; `recovery` holds keyed hashes of unused codes.
create table second_factor (
    workspace_id integer not null,
    user_id uuid not null,
    sealed bytea not null,
    created_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0,
    recovery uuid[] not null default '{}',
    primary key (workspace_id, user_id),
    foreign key (workspace_id, user_id) references app_user on delete cascade
);

-- Who an account is at a sign-on provider: keyed hashes of the provider's name and of the name it has for the person.
create table sign_on (
    workspace_id integer not null,
    subject_hash uuid not null,
    issuer_hash uuid not null,
    user_id uuid not null,
    created_at timestamptz not null,
    primary key (workspace_id, subject_hash),
    unique (workspace_id, user_id, issuer_hash),
    foreign key (workspace_id, user_id) references app_user on delete cascade
);

do $$
declare t text;
begin
    foreach t in array array['second_factor', 'sign_on']
    loop
        execute format('alter table %I enable row level security', t);
        execute format('alter table %I force row level security', t);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', t);
    end loop;
end $$;
