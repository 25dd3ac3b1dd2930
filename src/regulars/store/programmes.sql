-- Loyalty programmes and their versions; version 0 is the draft.

-- name: add_programme
-- A new programme with the next number, unless there are too many.
insert into programme (workspace_id, programme, name, made_at, made_by)
select %(workspace_id)s, coalesce(max(p.programme), 0) + 1, %(name)s, %(now)s, %(actor)s
from programme p where p.workspace_id = %(workspace_id)s
having count(*) < %(most)s
returning programme

-- name: rename
-- A programme is called as its latest draft calls it.
update programme set name = %(name)s
where workspace_id = %(workspace_id)s and programme = %(programme)s
returning programme

-- name: save_draft
-- The draft of a programme as it is now.
insert into programme_version as v (workspace_id, programme, version, content, digest, made_at, made_by)
values (%(workspace_id)s, %(programme)s, 0, %(content)s, %(digest)s, %(now)s, %(actor)s)
on conflict (workspace_id, programme, version) do update
    set content = excluded.content, digest = excluded.digest, made_at = excluded.made_at, made_by = excluded.made_by
    where v.workspace_id = %(workspace_id)s

-- name: is_in_force
-- Whether any version of a programme was published.
select exists (
    select from programme_version
    where workspace_id = %(workspace_id)s and programme = %(programme)s and effective_from is not null
)

-- name: add_version
-- The draft becomes the next version; it is not in force until the event says so.
insert into programme_version (workspace_id, programme, version, content, digest, made_at, made_by, reason)
select d.workspace_id, d.programme,
    1 + (select max(v.version) from programme_version v
          where v.workspace_id = d.workspace_id and v.programme = d.programme),
    d.content, d.digest, %(now)s, %(actor)s, %(reason)s
from programme_version d
where d.workspace_id = %(workspace_id)s and d.programme = %(programme)s and d.version = 0
returning version

-- name: programmes
-- Programmes with what holds at a time, what will hold next, and whether there is a draft.
select p.programme, p.name, p.made_at, p.made_by,
    (select v.version from programme_version v
      where v.workspace_id = p.workspace_id and v.programme = p.programme and v.effective_from <= %(now)s
      order by v.effective_from desc, v.version desc limit 1),
    (select v.effective_from from programme_version v
      where v.workspace_id = p.workspace_id and v.programme = p.programme and v.effective_from > %(now)s
      order by v.effective_from limit 1),
    (select v.digest from programme_version v
      where v.workspace_id = p.workspace_id and v.programme = p.programme and v.version = 0)
from programme p where p.workspace_id = %(workspace_id)s order by p.programme

-- name: versions
-- The draft of a programme, then its versions, the newest first.
select version, digest, effective_from, made_at, made_by, reason
from programme_version
where workspace_id = %(workspace_id)s and programme = %(programme)s and (version = 0 or effective_from is not null)
order by version = 0 desc, version desc limit %(limit)s

-- name: one_version
-- One of them with its text.
select version, digest, effective_from, made_at, made_by, reason, content
from programme_version
where workspace_id = %(workspace_id)s and programme = %(programme)s and version = %(version)s
    and (version = 0 or effective_from is not null)

-- name: member_by_records
-- What loyalty knows of each record of a customer: known, with a card, joined, credit by day, caps used, first bought.
select r.known,
    exists (
        select from identifier i
        where i.workspace_id = r.workspace_id and i.record_id = r.record_id and i.kind = %(card)s and i.current
    ),
    a.enrolled_at, coalesce(a.credits, '{}'), coalesce(a.used, '{}'), a.first_at
from record r
left join loyalty_account a
    on a.workspace_id = r.workspace_id and a.record_id = r.record_id and a.programme = %(programme)s
where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s
limit %(limit)s
