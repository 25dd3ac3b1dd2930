-- name: add
-- A new workspace; nothing where the name is taken.
insert into workspace (name) values (%(name)s) on conflict (name) do nothing returning workspace_id

-- name: find
-- The workspace of a name.
select workspace_id from workspace where name = %(name)s

-- name: all
-- Every workspace.
select workspace_id, name from workspace order by workspace_id

-- name: add_state
-- The counters of a new workspace.
insert into workspace_state (workspace_id) values (%(workspace_id)s) on conflict do nothing
