-- Answers to calls that carried an Idempotency-Key: claimed before the work, kept after it.

-- name: claim
-- Takes a key that is free, past its time, or held by a process that died; no row when it is taken.
insert into answer as a (workspace_id, route, caller, key_hash, body_hash, status, sealed_key, sealed, created_at)
values (%(workspace_id)s, %(route)s, %(caller)s::uuid, %(key_hash)s::uuid, %(body_hash)s::uuid, 0, '', '', now())
on conflict (workspace_id, caller, route, key_hash) do update
   set body_hash = excluded.body_hash, status = 0, sealed_key = '', sealed = '', created_at = now()
 where a.workspace_id = excluded.workspace_id
   and (a.created_at < %(kept_since)s or (a.status = 0 and a.created_at < %(held_since)s))
returning true;

-- name: find
-- What a key stands for: status 0 while its call is under way.
select body_hash, status, sealed_key, sealed
  from answer
 where workspace_id = %(workspace_id)s and caller = %(caller)s::uuid and route = %(route)s
   and key_hash = %(key_hash)s::uuid;

-- name: keep
-- The answer of a call that ended; an erasure may have taken the claim away meanwhile.
insert into answer as a (workspace_id, route, caller, key_hash, body_hash, status, sealed_key, sealed, created_at)
values (%(workspace_id)s, %(route)s, %(caller)s::uuid, %(key_hash)s::uuid, %(body_hash)s::uuid, %(status)s,
        %(sealed_key)s, %(sealed)s, now())
on conflict (workspace_id, caller, route, key_hash) do update
   set status = excluded.status, sealed_key = excluded.sealed_key, sealed = excluded.sealed
 where a.workspace_id = excluded.workspace_id and a.body_hash = excluded.body_hash;

-- name: release
-- Gives a claimed key back: its call came to nothing that may be kept.
delete from answer
 where workspace_id = %(workspace_id)s and caller = %(caller)s::uuid and route = %(route)s
   and key_hash = %(key_hash)s::uuid and status = 0;

-- name: drop_old
-- Answers past their time, a bounded number of them.
delete from answer a
 where a.workspace_id = %(workspace_id)s and a.ctid in (
    select o.ctid from answer o
     where o.workspace_id = %(workspace_id)s and o.created_at < %(before)s limit %(limit)s);
