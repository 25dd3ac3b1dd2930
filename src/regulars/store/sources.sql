-- The register of sources: who may tell us things, and how to read what they say.

-- name: source_by_name
-- Finds one source.
select source_id, name, kind, till_system, receipts_never_reset, options, sealed_secrets, created_at, disabled_at
  from source
 where workspace_id = %(workspace_id)s and name = %(name)s;

-- name: source_by_id
-- Finds one source by its number, as the outbox knows it.
select source_id, name, kind, till_system, receipts_never_reset, options, sealed_secrets, created_at, disabled_at
  from source
 where workspace_id = %(workspace_id)s and source_id = %(source_id)s;

-- name: all_sources
-- Lists the sources of a workspace in the order they were added.
select source_id, name, kind, till_system, receipts_never_reset, options, sealed_secrets, created_at, disabled_at
  from source
 where workspace_id = %(workspace_id)s
 order by source_id;

-- name: add_source
-- Adds a source under the next free number; nothing happens when the name or the number was just taken.
insert into source (workspace_id, source_id, name, kind, till_system, receipts_never_reset, options)
select %(workspace_id)s, coalesce(max(source_id), 0) + 1, %(name)s, %(kind)s, %(till_system)s,
       %(receipts_never_reset)s, %(options)s::jsonb
  from source
 where workspace_id = %(workspace_id)s
    on conflict do nothing
returning source_id;

-- name: set_source
-- Replaces the options of a source, and its secrets when new ones are given.
update source
   set options = %(options)s::jsonb,
       sealed_secrets = coalesce(%(sealed_secrets)s, sealed_secrets)
 where workspace_id = %(workspace_id)s and source_id = %(source_id)s;

-- name: disable_source
-- Closes a source (what it sends is refused) or opens it again.
update source
   set disabled_at = case when %(disabled)s then coalesce(disabled_at, now()) end
 where workspace_id = %(workspace_id)s and name = %(name)s
returning source_id;
