-- API keys: only their SHA-256 is kept.

-- name: caller_by_key
-- Finds a key by its hash, with the source it speaks for.
select k.key_id, k.scopes, k.expires_at, k.revoked_at, k.last_used_at, k.stores,
       s.source_id, s.name, s.kind, s.till_system, s.receipts_never_reset, s.options, s.disabled_at
  from api_key k
  join source s on s.workspace_id = k.workspace_id and s.source_id = k.source_id
 where k.workspace_id = %(workspace_id)s and k.key_hash = %(key_hash)s;

-- name: touch_key
-- Notes that a key is in use, unless that was noted within the last minute.
update api_key
   set last_used_at = now()
 where workspace_id = %(workspace_id)s and key_id = %(key_id)s
   and (last_used_at is null or last_used_at < now() - interval '1 minute');

-- name: all_keys
-- Lists the keys of a workspace, newest first.
select k.key_id, k.name, k.hint, k.scopes, s.name, k.created_at, k.created_by, k.expires_at, k.revoked_at,
       k.last_used_at, k.replaced_by, k.stores
  from api_key k
  join source s on s.workspace_id = k.workspace_id and s.source_id = k.source_id
 where k.workspace_id = %(workspace_id)s
 order by k.created_at desc, k.key_id;

-- name: lock_key
-- Reads one key and keeps others from changing it until the transaction ends.
select k.name, k.source_id, k.scopes, k.created_at, k.expires_at, k.revoked_at, k.replaced_by, k.stores, s.name
  from api_key k
  join source s on s.workspace_id = k.workspace_id and s.source_id = k.source_id
 where k.workspace_id = %(workspace_id)s and k.key_id = %(key_id)s
   for update of k;

-- name: add_key
-- Adds a key.
insert into api_key (workspace_id, key_id, name, source_id, key_hash, hint, scopes, stores, created_at, created_by, expires_at)
values (%(workspace_id)s, %(key_id)s, %(name)s, %(source_id)s, %(key_hash)s, %(hint)s, %(scopes)s::text[], %(stores)s::text[],
        %(created_at)s, %(created_by)s, %(expires_at)s);

-- name: revoke_key
-- Ends a key at once; a second time changes nothing.
update api_key
   set revoked_at = coalesce(revoked_at, %(at)s)
 where workspace_id = %(workspace_id)s and key_id = %(key_id)s
returning name;

-- name: replace_key
-- Lets a key run out, as another has taken its place.
update api_key
   set replaced_by = %(replaced_by)s,
       expires_at = least(expires_at, %(expires_at)s)
 where workspace_id = %(workspace_id)s and key_id = %(key_id)s;
