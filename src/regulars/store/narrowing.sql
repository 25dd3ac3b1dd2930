-- The stores that somebody can be limited to.

-- name: known_stores
-- Which of some codes are in the register.
select code from store where workspace_id = %(workspace_id)s and code = any(%(codes)s);
