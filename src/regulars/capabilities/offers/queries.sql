-- Use of promotions: what a turn loads of it and what it saves.

-- name: any_use
-- Whether promotions were ever reserved or used.
select exists (select from promotion_hold where workspace_id = %(workspace_id)s)
    or exists (select from promotion_sale where workspace_id = %(workspace_id)s)

-- name: load_holds
-- Holds by their ids, and the open ones whose time is over by then, the oldest first.
select hold_id, record_id, store, day, expires_at, uses, state, sale_id from promotion_hold
where workspace_id = %(workspace_id)s and hold_id = any(%(holds)s)
union
(select hold_id, record_id, store, day, expires_at, uses, state, sale_id from promotion_hold
where workspace_id = %(workspace_id)s and state = 'open' and expires_at <= %(until)s
order by expires_at, hold_id limit %(limit)s)

-- name: load_sales
-- What some sales used.
select sale_id, record_id, store, day, at, uses, counted, over, back from promotion_sale
where workspace_id = %(workspace_id)s and sale_id = any(%(sales)s)

-- name: load_counts
-- Counts at some places.
select c.scope, c.key, c.promotion_id, c.uses, c.held, c.spent_minor, c.held_minor
from json_to_recordset(%(places)s::json) as x(scope text, key text, promotion text)
join promotion_count c on c.workspace_id = %(workspace_id)s and c.scope = x.scope and c.key = x.key
    and c.promotion_id = x.promotion

-- name: save_counts
-- Counts as they are now.
insert into promotion_count as c (workspace_id, scope, key, promotion_id, uses, held, spent_minor, held_minor)
select %(workspace_id)s, x.scope, x.key, x.promotion, x.uses, x.held, x.spent_minor, x.held_minor
from json_to_recordset(%(doc)s::json) as x(
    scope text, key text, promotion text, uses bigint, held bigint, spent_minor bigint, held_minor bigint
)
on conflict (workspace_id, scope, key, promotion_id) do update
    set uses = excluded.uses, held = excluded.held, spent_minor = excluded.spent_minor,
        held_minor = excluded.held_minor
    where c.workspace_id = %(workspace_id)s

-- name: save_holds
-- Holds as they are now.
insert into promotion_hold as h (workspace_id, hold_id, record_id, store, day, expires_at, state, sale_id, uses)
select %(workspace_id)s, x.hold_id, x.record_id, x.store, x.day, x.expires_at, x.state, x.sale_id, x.uses
from json_to_recordset(%(doc)s::json) as x(
    hold_id uuid, record_id uuid, store text, day date, expires_at timestamptz, state text, sale_id uuid, uses jsonb
)
on conflict (workspace_id, hold_id) do update set state = excluded.state, sale_id = excluded.sale_id
    where h.workspace_id = %(workspace_id)s

-- name: save_sales
-- What sales used, as it is now.
insert into promotion_sale as s (workspace_id, sale_id, record_id, store, day, at, counted, uses, over, back)
select %(workspace_id)s, x.sale_id, x.record_id, x.store, x.day, x.at, x.counted, x.uses, x.over, x.back
from json_to_recordset(%(doc)s::json) as x(
    sale_id uuid, record_id uuid, store text, day date, at timestamptz, counted boolean, uses jsonb, over jsonb,
    back jsonb
)
on conflict (workspace_id, sale_id) do update
    set record_id = excluded.record_id, store = excluded.store, day = excluded.day, at = excluded.at,
        counted = excluded.counted, uses = excluded.uses, over = excluded.over, back = excluded.back
    where s.workspace_id = %(workspace_id)s
