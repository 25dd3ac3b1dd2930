-- What a workspace chose for itself, and what its set-up still lacks.

-- name: load_settings
-- What the workspace chose; no row where nobody changed anything yet.
select name, time_zone, region, language, hue, version, changed_at, changed_by
  from workspace_setting
 where workspace_id = %(workspace_id)s;

-- name: save_settings
-- Keeps new choices when nobody saved since the version they were made on; no row where somebody did.
insert into workspace_setting as s (workspace_id, name, time_zone, region, language, hue, version, changed_at, changed_by)
values (%(workspace_id)s, %(name)s, %(time_zone)s, %(region)s, %(language)s, %(hue)s, 1, %(now)s, %(by)s)
on conflict (workspace_id) do update
   set name = excluded.name, time_zone = excluded.time_zone, region = excluded.region, language = excluded.language,
       hue = excluded.hue, version = s.version + 1, changed_at = excluded.changed_at, changed_by = excluded.changed_by
 where s.workspace_id = %(workspace_id)s and s.version = %(version)s
returning version;

-- name: dismiss_checklist
-- Puts the set-up list away for the workspace; no row where it was put away already.
insert into workspace_setting as s (workspace_id, checklist_dismissed_at)
values (%(workspace_id)s, %(now)s)
on conflict (workspace_id) do update set checklist_dismissed_at = excluded.checklist_dismissed_at
 where s.workspace_id = %(workspace_id)s and s.checklist_dismissed_at is null
returning workspace_id;

-- name: checklist
-- What the set-up list asks of the data, each question answered by the first rows found.
select exists (select from workspace_setting
                where workspace_id = %(workspace_id)s and checklist_dismissed_at is not null),
       exists (select from source where workspace_id = %(workspace_id)s and disabled_at is null and name <> %(console)s),
       exists (select from event e
                 join source s on s.workspace_id = e.workspace_id and s.source_id = e.source_id
                where e.workspace_id = %(workspace_id)s and s.name <> %(console)s),
       exists (select from store where workspace_id = %(workspace_id)s),
       (select count(*) from (select from store
                               where workspace_id = %(workspace_id)s and (name is null or time_zone is null)
                               limit %(limit)s) bare),
       (select count(*) from (select from app_user
                               where workspace_id = %(workspace_id)s and disabled_at is null limit 2) people),
       exists (select from workspace_setting where workspace_id = %(workspace_id)s and name is not null),
       exists (select from programme_version
                where workspace_id = %(workspace_id)s and effective_from is not null);
