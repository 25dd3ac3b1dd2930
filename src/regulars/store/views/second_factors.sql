-- The second factor of people who sign in.

-- name: factor_of
-- An account with its second factor, if it has one or sets one up.
select u.sealed_key, u.sealed, u.password_hash, u.disabled_at is not null, f.sealed, f.confirmed_at,
       coalesce(f.last_step, 0), coalesce(cardinality(f.recovery), 0)
  from app_user u
  left join second_factor f on f.workspace_id = u.workspace_id and f.user_id = u.user_id
 where u.workspace_id = %(workspace_id)s and u.user_id = %(user_id)s;

-- name: begin_factor
-- Keeps a secret that is being set up, in place of one that never held; nothing happens to one that holds.
insert into second_factor (workspace_id, user_id, sealed, created_at)
values (%(workspace_id)s, %(user_id)s, %(sealed)s, %(now)s)
on conflict (workspace_id, user_id) do update
   set sealed = excluded.sealed, created_at = excluded.created_at
 where second_factor.confirmed_at is null
returning user_id;

-- name: confirm_factor
-- Makes the secret hold that a code was just given of.
update second_factor set confirmed_at = %(now)s, last_step = %(step)s, recovery = %(recovery)s
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and sealed = %(sealed)s and confirmed_at is null
returning user_id;

-- name: use_step
-- Takes a code of a period later than all taken before.
update second_factor set last_step = %(step)s
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and confirmed_at is not null
   and last_step < %(step)s
returning user_id;

-- name: use_recovery
-- Takes a recovery code, once; how many are left.
update second_factor set recovery = array_remove(recovery, %(recovery)s)
 where workspace_id = %(workspace_id)s and user_id = %(user_id)s and confirmed_at is not null
   and %(recovery)s = any(recovery)
returning cardinality(recovery);

-- name: drop_factor
-- Takes a second factor away, held or not.
delete from second_factor where workspace_id = %(workspace_id)s and user_id = %(user_id)s
returning user_id;
