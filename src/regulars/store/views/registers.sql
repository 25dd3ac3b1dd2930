-- Registers as they are read: shops, products and staff in order of their codes.

-- name: stores
-- Shops from a code on; with `only` those among some codes.
select code, name, time_zone, region, country, currency, tax_mode, nullif(said_at, '-infinity'), said_key
  from store
 where workspace_id = %(workspace_id)s and code > %(after)s
   and (%(only)s::text[] is null or code = any(%(only)s::text[]))
 order by code
 limit %(limit)s;

-- name: store_lines
-- Shops from a code on, each with its last business day since a day; with `bare` only those that lack details.
select s.code, s.name, s.time_zone, s.region, s.country, s.currency, s.tax_mode, nullif(s.said_at, '-infinity'), d.last_day
  from store s
  left join (select store, max(business_date) as last_day from store_day
              where workspace_id = %(workspace_id)s and business_date >= %(since)s
              group by store) d on d.store = s.code
 where s.workspace_id = %(workspace_id)s and s.code > %(after)s
   and (not %(bare)s or s.name is null or s.time_zone is null)
 order by s.code
 limit %(limit)s;

-- name: bare_stores
-- How many shops lack their name or time zone, counted up to a limit.
select count(*) from (select from store
                       where workspace_id = %(workspace_id)s and (name is null or time_zone is null)
                       limit %(limit)s) bare;

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

-- name: products_starting
-- Products from a SKU on whose SKU, barcode or name starts with a text. It reads on from there in order of the SKUs
-- until a page is full: under row-level security no index may answer lower() and like.
select sku, name, category, brand, barcode, price_minor, currency, active, nullif(said_at, '-infinity'), said_key
  from product
 where workspace_id = %(workspace_id)s and sku > %(after)s
   and (lower(sku) like %(start)s or lower(barcode) like %(start)s or lower(name) like %(start)s)
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
