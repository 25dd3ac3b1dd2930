-- Promotions and their versions: what is kept of them, and which of them price baskets.

-- name: lock_set
-- Makes the set of promotions one's own until the transaction ends, and moves its number.
insert into promotion_set as s (workspace_id, set_no) values (%(workspace_id)s, 1)
on conflict (workspace_id) do update set set_no = s.set_no + 1 where s.workspace_id = %(workspace_id)s;

-- name: set_no
-- The number of the set.
select set_no from promotion_set where workspace_id = %(workspace_id)s;

-- name: running
-- Versions that price baskets, or will, of the promotions that are active.
select v.promotion_id, v.version, v.effective_from, v.content
  from promotion p
  join promotion_version v on v.workspace_id = p.workspace_id and v.promotion_id = p.promotion_id
 where p.workspace_id = %(workspace_id)s and p.state = 'active' and v.effective_from is not null
 order by v.promotion_id, v.version;

-- name: count_promotions
-- How many there are.
select count(*) from promotion where workspace_id = %(workspace_id)s;

-- name: add_promotion
-- A new promotion; nothing happens where the id is taken.
insert into promotion (workspace_id, promotion_id, name, state, made_at, made_by, changed_at)
values (%(workspace_id)s, %(promotion_id)s, %(name)s, 'draft', %(now)s, %(actor)s, %(now)s)
on conflict (workspace_id, promotion_id) do nothing
returning promotion_id;

-- name: add_version
-- The next version of a promotion; it prices nothing until it is said from when on.
insert into promotion_version (workspace_id, promotion_id, version, content, digest, made_at, made_by)
select %(workspace_id)s, %(promotion_id)s, coalesce(max(v.version), 0) + 1, %(content)s, %(digest)s, %(now)s, %(actor)s
  from promotion_version v where v.workspace_id = %(workspace_id)s and v.promotion_id = %(promotion_id)s
returning version;

-- name: put_state
-- What a promotion is called and whether it runs.
update promotion set name = %(name)s, state = %(state)s, changed_at = %(now)s
 where workspace_id = %(workspace_id)s and promotion_id = %(promotion_id)s;

-- name: put_in_force
-- From when on a version prices baskets; it is said once.
update promotion_version set effective_from = %(effective_from)s
 where workspace_id = %(workspace_id)s and promotion_id = %(promotion_id)s and version = %(version)s
   and effective_from is null;

-- name: promotions
-- Promotions from an id on, each with its newest version, the one that holds at a time, and how often it was used.
select p.promotion_id, p.name, p.state, p.made_at, p.made_by, p.changed_at,
       n.version, n.content, n.effective_from,
       (select max(v.version) from promotion_version v
         where v.workspace_id = p.workspace_id and v.promotion_id = p.promotion_id and v.effective_from <= %(now)s) as holds,
       coalesce(c.uses, 0), coalesce(c.held, 0), coalesce(c.spent_minor, 0), coalesce(c.held_minor, 0)
  from promotion p
  join lateral (
      select v.version, v.content, v.effective_from from promotion_version v
       where v.workspace_id = p.workspace_id and v.promotion_id = p.promotion_id
       order by v.version desc limit 1
  ) n on true
  left join promotion_count c on c.workspace_id = p.workspace_id and c.scope = 'total' and c.key = ''
       and c.promotion_id = p.promotion_id
 where p.workspace_id = %(workspace_id)s
   and (%(promotion_id)s::text is null or p.promotion_id = %(promotion_id)s::text)
   and (%(state)s::text is null or p.state = %(state)s::text)
   and p.promotion_id > %(after)s
 order by p.promotion_id
 limit %(limit)s;

-- name: versions
-- The versions of a promotion, the newest first.
select version, content, digest, effective_from, made_at, made_by
  from promotion_version
 where workspace_id = %(workspace_id)s and promotion_id = %(promotion_id)s
 order by version desc
 limit %(limit)s;

-- name: over
-- Sales that used a promotion beyond a bound, the latest first.
select sale_id, store, day, at, over from promotion_sale
 where workspace_id = %(workspace_id)s and over <> '[]'::jsonb
   and (%(promotion_id)s::text is null or over @> jsonb_build_array(jsonb_build_array(%(promotion_id)s::text)))
 order by at desc
 limit %(limit)s;

-- name: next_batch
-- The number of the next batch of codes of a promotion.
select coalesce(max(batch), 0) + 1 from promotion_code
 where workspace_id = %(workspace_id)s and promotion_id = %(promotion_id)s;

-- name: add_codes
-- Keep the hashes of new codes; those that are taken are left out.
insert into promotion_code (workspace_id, code_hash, promotion_id, batch, uses_max)
select %(workspace_id)s, hash, %(promotion_id)s, %(batch)s, %(uses_max)s
  from unnest(%(hashes)s::text[]::uuid[]) as hash
on conflict (workspace_id, code_hash) do nothing
returning replace(code_hash::text, '-', '');

-- name: count_codes
-- How many codes a promotion has, counted up to a limit.
select count(*) from (select from promotion_code
                       where workspace_id = %(workspace_id)s and promotion_id = %(promotion_id)s
                       limit %(limit)s) counted;

-- name: codes
-- Whose some codes are, how often each may be used, until when, for what amount; `revoked`: their points came back.
select c.code_hash, c.promotion_id, c.uses_max, c.record_id, c.expires_at, c.value_minor, c.currency,
       coalesce(h.returned > 0, false)
  from promotion_code c
  left join loyalty_hold h on h.workspace_id = c.workspace_id and h.hold_id = c.hold_id
 where c.workspace_id = %(workspace_id)s and c.code_hash = any(%(hashes)s::uuid[]);

-- name: add_vouchers
-- Vouchers that somebody may use once; those that are there stay as they are.
insert into promotion_code (
    workspace_id, code_hash, promotion_id, batch, uses_max, record_id, expires_at, value_minor, currency, hold_id, sealed
)
select %(workspace_id)s, x.code, x.promotion, 0, 1, x.record_id, x.expires_at, x.value_minor, x.currency, x.hold_id,
       decode(x.sealed, 'base64')
  from json_to_recordset(%(doc)s::json) as x(
      code uuid, promotion text, record_id uuid, expires_at timestamptz, value_minor bigint, currency text,
      hold_id uuid, sealed text
  )
on conflict (workspace_id, code_hash) do nothing
returning replace(code_hash::text, '-', '');

-- name: newest_versions
-- State and newest text of some promotions.
select p.promotion_id, p.state, n.content
  from promotion p
  join lateral (
      select v.content from promotion_version v
       where v.workspace_id = p.workspace_id and v.promotion_id = p.promotion_id
       order by v.version desc limit 1
  ) n on true
 where p.workspace_id = %(workspace_id)s and p.promotion_id = any(%(ids)s::text[]);

-- name: meanings
-- What some codes are good for, and whose they are now.
select c.code_hash, c.promotion_id, c.value_minor, c.currency, c.expires_at, r.profile_id
  from promotion_code c
  left join record r on r.workspace_id = c.workspace_id and r.record_id = c.record_id
 where c.workspace_id = %(workspace_id)s and c.code_hash = any(%(hashes)s::uuid[]);

-- name: some_versions
-- The texts of all versions of some promotions.
select promotion_id, version, content from promotion_version
 where workspace_id = %(workspace_id)s and promotion_id = any(%(ids)s::text[]);
