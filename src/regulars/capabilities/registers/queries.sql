-- name: load_tax_modes
-- Shops whose prices are told to be with or without tax.
select code, tax_mode from store where workspace_id = %(workspace_id)s and tax_mode is not null

-- name: load_zones
-- Time zones of the shops.
select code, time_zone from store where workspace_id = %(workspace_id)s and time_zone is not null

-- name: save_stores
-- Shops as last told; a code that a sale only mentions enters unless it is there.
insert into store as t (
    workspace_id, code, name, time_zone, region, country, currency, tax_mode, said_at, said_key
)
select %(workspace_id)s, x.code, x.name, x.time_zone, x.region, x.country, x.currency, x.tax_mode,
    coalesce(x.said_at, '-infinity'), coalesce(x.said_key, '00000000-0000-0000-0000-000000000000')
from json_to_recordset(%(doc)s::json) as x(
    code text, name text, time_zone text, region text, country text, currency text, tax_mode text,
    said_at timestamptz, said_key uuid
)
on conflict (workspace_id, code) do update set
    name = excluded.name, time_zone = excluded.time_zone, region = excluded.region, country = excluded.country,
    currency = excluded.currency, tax_mode = excluded.tax_mode, said_at = excluded.said_at,
    said_key = excluded.said_key
where t.workspace_id = excluded.workspace_id and (t.said_at, t.said_key) < (excluded.said_at, excluded.said_key)

-- name: save_products
-- Products as last told; one that a sale only mentions enters unless it is there.
insert into product as t (
    workspace_id, sku, name, category, brand, barcode, price_minor, currency, active, said_at, said_key
)
select %(workspace_id)s, x.sku, x.name, x.category, x.brand, x.barcode, x.price_minor, x.currency, x.active,
    coalesce(x.said_at, '-infinity'), coalesce(x.said_key, '00000000-0000-0000-0000-000000000000')
from json_to_recordset(%(doc)s::json) as x(
    sku text, name text, category text, brand text, barcode text, price_minor bigint, currency text,
    active boolean, said_at timestamptz, said_key uuid
)
on conflict (workspace_id, sku) do update set
    name = excluded.name, category = excluded.category, brand = excluded.brand, barcode = excluded.barcode,
    price_minor = excluded.price_minor, currency = excluded.currency, active = excluded.active,
    said_at = excluded.said_at, said_key = excluded.said_key
where t.workspace_id = excluded.workspace_id and (t.said_at, t.said_key) < (excluded.said_at, excluded.said_key)

-- name: save_staff
-- Staff as last told, details sealed; a code that a sale only mentions enters unless it is there.
insert into staff as t (workspace_id, code, sealed, active, said_at, said_key)
select %(workspace_id)s, x.code, decode(x.sealed, 'base64'), x.active, coalesce(x.said_at, '-infinity'),
    coalesce(x.said_key, '00000000-0000-0000-0000-000000000000')
from json_to_recordset(%(doc)s::json) as x(
    code text, sealed text, active boolean, said_at timestamptz, said_key uuid
)
on conflict (workspace_id, code) do update set
    sealed = excluded.sealed, active = excluded.active, said_at = excluded.said_at, said_key = excluded.said_key
where t.workspace_id = excluded.workspace_id and (t.said_at, t.said_key) < (excluded.said_at, excluded.said_key)

-- name: save_stock
-- Stock as last told.
insert into stock as t (workspace_id, sku, store, quantity, said_at, said_key)
select %(workspace_id)s, x.sku, x.store, x.quantity, x.said_at, x.said_key
from json_to_recordset(%(doc)s::json) as x(
    sku text, store text, quantity numeric, said_at timestamptz, said_key uuid
)
on conflict (workspace_id, sku, store) do update set
    quantity = excluded.quantity, said_at = excluded.said_at, said_key = excluded.said_key
where t.workspace_id = excluded.workspace_id and (t.said_at, t.said_key) < (excluded.said_at, excluded.said_key)
