-- name: load_head
-- Where the chain of audit lines stands; the row is held until the transaction ends.
select audit_no, audit_hash from workspace_state where workspace_id = %(workspace_id)s for update

-- name: add_line
-- One line of the chain.
insert into audit (workspace_id, audit_no, at, actor, action, object, details, hash)
values (
    %(workspace_id)s, %(audit_no)s, %(at)s, %(actor)s, %(action)s, %(object)s, %(details)s::jsonb, %(hash)s
)

-- name: move_head
-- Move the chain's head on.
update workspace_state set audit_no = %(audit_no)s, audit_hash = %(hash)s where workspace_id = %(workspace_id)s

-- name: read_chain
-- Lines after a number, in order.
select audit_no, at, actor, action, object, details::text, hash
from audit where workspace_id = %(workspace_id)s and audit_no > %(after)s order by audit_no limit %(limit)s
