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
