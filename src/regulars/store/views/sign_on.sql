-- Who people are at the sign-on provider.

-- name: account_by_subject
-- Finds the account of somebody who came by the provider before.
select u.user_id, u.disabled_at is not null
  from sign_on o
  join app_user u on u.workspace_id = o.workspace_id and u.user_id = o.user_id
 where o.workspace_id = %(workspace_id)s and o.subject_hash = %(subject_hash)s;

-- name: add_sign_on
-- Ties an account to a person at the provider; nothing happens when either is tied already.
insert into sign_on (workspace_id, subject_hash, issuer_hash, user_id, created_at)
values (%(workspace_id)s, %(subject_hash)s, %(issuer_hash)s, %(user_id)s, %(now)s)
on conflict do nothing
returning user_id;

-- name: drop_sign_ons
-- Unties an account from all providers.
delete from sign_on where workspace_id = %(workspace_id)s and user_id = %(user_id)s;
