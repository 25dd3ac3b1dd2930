-- The audit trail as it is read.

-- name: newest_lines
-- Lines before a number, newest first; about one object, or by one actor, where asked.
select audit_no, at, actor, action, object, details, encode(hash, 'hex')
  from audit
 where workspace_id = %(workspace_id)s and audit_no < %(before)s::bigint
   and (%(object)s::text is null or object = %(object)s::text)
   and (%(actor)s::text is null or actor = %(actor)s::text)
 order by audit_no desc
 limit %(limit)s;

-- name: found_lines
-- Lines before a number that pass all that is asked, newest first; what is null is not asked.
select audit_no, at, actor, action, object, details, encode(hash, 'hex')
  from audit
 where workspace_id = %(workspace_id)s and audit_no < %(before)s::bigint
   and (%(families)s::text[] is null or split_part(action, '.', 1) = any(%(families)s::text[]))
   and (%(but)s::text[] is null or split_part(action, '.', 1) <> all(%(but)s::text[]))
   and (%(actor)s::text is null or actor = %(actor)s::text)
   and (%(objects)s::text[] is null or object = any(%(objects)s::text[]))
   and (%(since)s::timestamptz is null or at >= %(since)s::timestamptz)
   and (%(until)s::timestamptz is null or at < %(until)s::timestamptz)
 order by audit_no desc
 limit %(limit)s;

-- name: account_names
-- Accounts with what is sealed in them, the oldest first.
select user_id, sealed_key, sealed
  from app_user
 where workspace_id = %(workspace_id)s
 order by created_at, user_id
 limit %(limit)s;

-- name: key_names
-- Names of API keys, the newest first, ended ones included.
select key_id, name
  from api_key
 where workspace_id = %(workspace_id)s
 order by created_at desc, key_id
 limit %(limit)s;
