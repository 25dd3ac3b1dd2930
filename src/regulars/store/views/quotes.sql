-- What a quote looks up: products of a basket.

-- name: products
-- What is known of some products.
select sku, category, brand, name, price_minor, currency from product
 where workspace_id = %(workspace_id)s and sku = any(%(skus)s::text[]);
