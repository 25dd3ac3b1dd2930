-- Registers as they are read: shops, products and staff in order of their codes.

-- name: stores
-- Shops from a code on.
select code, name, time_zone, region, country, currency, tax_mode, nullif(said_at, '-infinity'), said_key
  from store
 where workspace_id = %(workspace_id)s and code > %(after)s
 order by code
 limit %(limit)s;

-- name: store
-- One shop.
select code, name, time_zone, region, country, currency, tax_mode, nullif(said_at, '-infinity'), said_key
  from store
 where workspace_id = %(workspace_id)s and code = %(code)s;

-- name: products
-- Products from a code on.
select sku, name, category, brand, barcode, price_minor, currency, active, nullif(said_at, '-infinity'), said_key
  from product
 where workspace_id = %(workspace_id)s and sku > %(after)s
 order by sku
 limit %(limit)s;

-- name: product
-- One product.
select sku, name, category, brand, barcode, price_minor, currency, active, nullif(said_at, '-infinity'), said_key
  from product
 where workspace_id = %(workspace_id)s and sku = %(code)s;

-- name: staff
-- Staff from a code on, details sealed.
select code, sealed, active, nullif(said_at, '-infinity'), said_key
  from staff
 where workspace_id = %(workspace_id)s and code > %(after)s
 order by code
 limit %(limit)s;

-- name: staff_member
-- One member of staff, details sealed.
select code, sealed, active, nullif(said_at, '-infinity'), said_key
  from staff
 where workspace_id = %(workspace_id)s and code = %(code)s;

-- name: staff_sealed
-- Sealed details of members of staff.
select code, sealed from staff
 where workspace_id = %(workspace_id)s and code = any(%(codes)s) and sealed is not null;
