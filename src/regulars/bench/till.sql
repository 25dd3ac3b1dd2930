-- What a till's benchmark fills a home with; a repeat adds nothing.

-- name: add_products
-- The register of products.
insert into product (workspace_id, sku, name, category, brand, price_minor, currency)
select %(workspace_id)s, x.sku, x.sku, x.category, x.brand, x.price_minor, %(currency)s
from json_to_recordset(%(doc)s::json) as x(sku text, category text, brand text, price_minor bigint)
on conflict (workspace_id, sku) do nothing;

-- name: add_promotions
-- Promotions that run.
insert into promotion (workspace_id, promotion_id, name, state, made_at, made_by, changed_at)
select %(workspace_id)s, x.id, x.name, 'active', %(now)s, 'bench', %(now)s
from json_to_recordset(%(doc)s::json) as x(id text, name text)
on conflict (workspace_id, promotion_id) do nothing;

-- name: add_versions
-- Their texts, which hold from now on.
insert into promotion_version (
    workspace_id, promotion_id, version, content, digest, effective_from, made_at, made_by
)
select %(workspace_id)s, x.id, 1, x.content, '', %(now)s, %(now)s, 'bench'
from json_to_recordset(%(doc)s::json) as x(id text, content text)
on conflict (workspace_id, promotion_id, version) do nothing;

-- name: move_set
-- Lets quotes see that there is another set.
insert into promotion_set as s (workspace_id, set_no) values (%(workspace_id)s, 1)
on conflict (workspace_id) do update set set_no = s.set_no + 1 where s.workspace_id = %(workspace_id)s;
