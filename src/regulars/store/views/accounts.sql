-- People who may enter the console, and their sessions.

-- name: account_by_email
-- Finds the account of a person who signs in.
select user_id, password_hash, role, disabled_at is not null as disabled
  from app_user
 where workspace_id = %(workspace_id)s and email_hash = %(email_hash)s;

-- name: add_account
-- Adds an account; nothing happens when the address is taken.
insert into app_user (workspace_id, user_id, email_hash, sealed_key, sealed, password_hash, role, stores, created_at)
values (%(workspace_id)s, %(user_id)s, %(email_hash)s, %(sealed_key)s, %(sealed)s, %(password_hash)s, %(role)s,
        %(stores)s, %(now)s)
on conflict (workspace_id, email_hash) do nothing
returning user_id;

-- name: set_password
-- Replaces the password of an account and ends its sessions.
with ended as (
    delete from user_session s
     using app_user u
     where u.workspace_id = %(workspace_id)s and u.email_hash = %(email_hash)s
       and s.workspace_id = %(workspace_id)s and s.user_id = u.user_id
)
update app_user set password_hash = %(password_hash)s
 where workspace_id = %(workspace_id)s and email_hash = %(email_hash)s
returning user_id;

-- name: improve_password_hash
-- Keeps a hash made with today's parameters of a password that was just proved.
update app_user set password_hash = %(password_hash)s
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and password_hash = %(old_hash)s;

-- name: add_session
-- Starts a session.
insert into user_session (workspace_id, token_hash, user_id, created_at, seen_at, expires_at, sealed)
values (%(workspace_id)s, %(token_hash)s, %(user_id)s, %(now)s, %(now)s, %(expires_at)s, %(sealed)s);

-- name: session_viewer
-- Who a living session belongs to, and whether they have a second factor.
select u.user_id, u.role, u.stores, u.sealed_key, u.sealed, s.seen_at, s.viewing_as,
       exists (select from second_factor f
                where f.workspace_id = u.workspace_id and f.user_id = u.user_id and f.confirmed_at is not null)
  from user_session s
  join app_user u on u.workspace_id = s.workspace_id and u.user_id = s.user_id
 where s.workspace_id = %(workspace_id)s and s.token_hash = %(token_hash)s
   and s.revoked_at is null and s.expires_at > %(now)s and s.seen_at > %(idle_since)s
   and u.disabled_at is null;

-- name: view_as
-- Lets the session of an owner look at the console as another role does, or as themselves again (null).
update user_session s set viewing_as = %(role)s
  from app_user u
 where s.workspace_id = %(workspace_id)s and s.token_hash = %(token_hash)s and s.viewing_as is distinct from %(role)s
   and u.workspace_id = s.workspace_id and u.user_id = s.user_id and (u.role = 'owner' or %(role)s::text is null)
returning u.user_id;

-- name: touch_session
-- Notes that a session is in use.
update user_session set seen_at = %(now)s
 where workspace_id = %(workspace_id)s and token_hash = %(token_hash)s and seen_at < %(now)s;

-- name: end_session
-- Ends a session.
delete from user_session where workspace_id = %(workspace_id)s and token_hash = %(token_hash)s
returning user_id;

-- name: drop_dead_sessions
-- Removes sessions that can never be used again.
delete from user_session
 where workspace_id = %(workspace_id)s
   and (expires_at <= %(now)s or seen_at <= %(idle_since)s or revoked_at is not null);

-- name: list_accounts
-- Everybody with an account, with when they were last here and how many of their sessions live.
select u.user_id, u.role, u.stores, u.sealed_key, u.sealed, u.created_at, u.disabled_at,
       left(u.password_hash, 1) = '!'
           and not exists (select from sign_on o where o.workspace_id = u.workspace_id and o.user_id = u.user_id)
           as invited,
       max(s.seen_at), count(s.user_id),
       exists (select from second_factor f
                where f.workspace_id = u.workspace_id and f.user_id = u.user_id and f.confirmed_at is not null)
  from app_user u
  left join user_session s on s.workspace_id = u.workspace_id and s.user_id = u.user_id
       and s.revoked_at is null and s.expires_at > %(now)s and s.seen_at > %(idle_since)s
 where u.workspace_id = %(workspace_id)s
 group by u.workspace_id, u.user_id
 order by u.created_at, u.user_id
 limit %(limit)s;

-- name: lock_owners
-- The owners who can sign in or are about to; nobody else takes one away meanwhile.
select u.user_id from app_user u
 where u.workspace_id = %(workspace_id)s and u.role = 'owner' and u.disabled_at is null
   and (left(u.password_hash, 1) <> '!'
        or exists (select from sign_on o where o.workspace_id = u.workspace_id and o.user_id = u.user_id))
 order by u.user_id
   for update of u;

-- name: account_by_id
-- One account.
select role, disabled_at, password_hash, stores from app_user
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s;

-- name: lock_account
-- The role and stores of an account; nobody changes it meanwhile.
select role, stores from app_user where workspace_id = %(workspace_id)s and user_id = %(user_id)s for update;

-- name: set_role
-- Gives an account another role; one for the whole chain ends the limit to stores.
update app_user
   set role = %(role)s, stores = case when %(limitable)s then stores end
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s;

-- name: set_stores
-- Limits an account to some stores, or to none in particular.
update app_user set stores = %(stores)s where workspace_id = %(workspace_id)s and user_id = %(user_id)s;

-- name: stores_to_choose
-- The stores of the register by name, the nameless by their code.
select code, coalesce(name, code) from store where workspace_id = %(workspace_id)s order by 2, 1 limit %(limit)s;

-- name: set_disabled
-- Shuts an account, or opens it again.
update app_user set disabled_at = %(disabled_at)s
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s;

-- name: end_sessions
-- Ends all sessions of a person but the one that asks.
delete from user_session
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and token_hash is distinct from %(keep)s
returning user_id;

-- name: replace_password
-- Sets the password of an account that still has the hash it was looked at with.
update app_user set password_hash = %(password_hash)s
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and password_hash = %(old_hash)s
   and disabled_at is null
returning user_id;

-- name: account_key
-- The key of an account, wrapped.
select sealed_key from app_user where workspace_id = %(workspace_id)s and user_id = %(user_id)s;

-- name: own_sessions
-- The living sessions of one person with what is sealed in them, the one used last first.
select s.token_hash, s.created_at, s.seen_at, u.sealed_key, s.sealed
  from user_session s
  join app_user u on u.workspace_id = s.workspace_id and u.user_id = s.user_id
 where s.workspace_id = %(workspace_id)s and s.user_id = %(user_id)s
   and s.revoked_at is null and s.expires_at > %(now)s and s.seen_at > %(idle_since)s
 order by s.seen_at desc, s.created_at desc, s.token_hash
 limit %(limit)s;

-- name: end_own_session
-- Ends one session of a person, and nobody else's.
delete from user_session
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and token_hash = %(token_hash)s
returning user_id;
