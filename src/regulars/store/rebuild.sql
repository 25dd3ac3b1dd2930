-- name: read_log
-- A page of the log after an event number.
select e.event_no, e.turn_no, e.received_at, e.event_key, e.source_id, e.type, e.record_id, e.sealed, r.sealed_key
from event e
left join record r on r.workspace_id = %(workspace_id)s and r.record_id = e.record_id
where e.workspace_id = %(workspace_id)s and e.event_no > %(after)s
order by e.event_no limit %(limit)s

-- name: read_sources
-- The sources events came from.
select source_id, name, kind, till_system, receipts_never_reset, coalesce(options ->> 'region', 'GB')
from source where workspace_id = %(workspace_id)s

-- name: records
-- Records with the last repeat of what is known of them.
select r.record_id, r.source_id, r.known, r.first_at, r.component_id, r.profile_id, r.sealed_key, r.sealed,
    f.seen_hash, f.seen_at, f.seen_key
from record r
left join record_figures f on f.workspace_id = %(workspace_id)s and f.record_id = r.record_id
where r.workspace_id = %(workspace_id)s order by r.record_id

-- name: figures
-- Figures of records.
select record_id, last_at, convert_from(figures, 'UTF8')::jsonb from record_figures
where workspace_id = %(workspace_id)s order by record_id

-- name: sales
-- Receipts.
select sale_id, kind, version, source_id, record_id, counted_on, counted, void, occurred_at, business_date, store,
    till, channel, staff, receipt, receipt_key, original_key, original_id, original_store, original_till,
    original_date, currency, total_minor, tax_minor, discount_minor, items_micro, event_key, lines
from sale where workspace_id = %(workspace_id)s order by sale_id

-- name: days
-- Days of shops that have anything in them.
select business_date, store, channel, currency, orders, identified, returns, items_micro, paid_minor,
    returned_minor
from store_day
where workspace_id = %(workspace_id)s
    and (orders, identified, returns, items_micro, paid_minor, returned_minor) <> (0, 0, 0, 0, 0, 0)
order by 1, 2, 3, 4

-- name: reports
-- Figures of the reports.
select part, first_day, store, name, currency, orders, identified, members, returns, items_micro, paid_minor,
    returned_minor, identified_minor, members_minor
from report_figure where workspace_id = %(workspace_id)s and span = 'day' order by 1, 2, 3, 4, 5

-- name: consents
-- Consent.
select address, channel, purpose, granted, occurred_at, event_key, record_id, source_id
from consent where workspace_id = %(workspace_id)s order by 1, 2, 3

-- name: identifiers
-- Identifiers.
select kind, value, record_id, current from identifier where workspace_id = %(workspace_id)s order by 1, 2, 3

-- name: read_model
-- The model at work, where it is not the one that comes with the program.
select m.model_no, s.keys_no, m.name, m.digest, m.content, m.frequencies, m.made_at, m.made_by
from workspace_state s
join identity_model m on m.workspace_id = s.workspace_id and m.model_no = s.model_no
where s.workspace_id = %(workspace_id)s

-- name: write_model
-- Put a model to work in a copy.
with made as (
    insert into identity_model (workspace_id, model_no, name, digest, content, frequencies, made_at, made_by)
    values (
        %(workspace_id)s, %(model_no)s, %(name)s, %(digest)s, %(content)s, %(frequencies)s, %(made_at)s, %(made_by)s
    )
)
update workspace_state set model_no = %(model_no)s, keys_no = %(keys_no)s where workspace_id = %(workspace_id)s

-- name: keys
-- Keys that records are sought by.
select key, record_id, model_no from match_key where workspace_id = %(workspace_id)s order by 1, 2, 3

-- name: crowds
-- Keys that too many share.
select key, model_no from crowded_key where workspace_id = %(workspace_id)s order by 1, 2

-- name: households
-- Keys of homes and contacts.
select key, record_id from household_key where workspace_id = %(workspace_id)s order by 1, 2

-- name: reviews
-- Pairs to look at.
select a, b, weight, conflict from review where workspace_id = %(workspace_id)s order by 1, 2

-- name: generics
-- Generic values.
select kind, value from generic_value where workspace_id = %(workspace_id)s order by 1, 2

-- name: decided
-- What people decided of records that are there.
select m.a, m.b, m.together, m.said_at, m.decision_id
from manual_link m
join record one on one.workspace_id = m.workspace_id and one.record_id = m.a
join record other on other.workspace_id = m.workspace_id and other.record_id = m.b
where m.workspace_id = %(workspace_id)s order by 1, 2

-- name: read_versions
-- Versions of programmes that were published.
select programme, version, content, digest, made_at, made_by from programme_version
where workspace_id = %(workspace_id)s and effective_from is not null

-- name: write_version
-- A version of a programme in a copy, not yet in force.
insert into programme_version (workspace_id, programme, version, content, digest, made_at, made_by)
values (%(workspace_id)s, %(programme)s, %(version)s, %(content)s, %(digest)s, %(made_at)s, %(made_by)s)

-- name: read_kept
-- The points that an erasure left as they were.
select record_id, doc from loyalty_kept where workspace_id = %(workspace_id)s and event_no = %(event_no)s

-- name: accounts
-- Accounts of loyalty.
select record_id, programme, enrolled_at, status, debt, credits, used, first_at, last_at from loyalty_account
where workspace_id = %(workspace_id)s order by 1, 2

-- name: lots
-- Lots of points.
select lot_id, record_id, programme, point, reason, origin, earned, remaining, held, expired, active_from, expires_at
from loyalty_lot where workspace_id = %(workspace_id)s order by 1

-- name: holds
-- Holds of points.
select hold_id, record_id, programme, point, amount, expires_at, state, captured, returned, sale_id, lots, reward
from loyalty_hold where workspace_id = %(workspace_id)s order by 1

-- name: earnings
-- What sales earned.
select key, record_id, programme, occurred_at, doc from loyalty_earning
where workspace_id = %(workspace_id)s order by 1, 2, 3

-- name: offer_counts
-- How often promotions were used.
select promotion_id, scope, key, uses, held, spent_minor, held_minor from promotion_count
where workspace_id = %(workspace_id)s order by 1, 2, 3

-- name: offer_holds
-- Holds of promotions.
select hold_id, record_id, store, day, expires_at, state, sale_id, uses from promotion_hold
where workspace_id = %(workspace_id)s order by 1

-- name: offer_sales
-- What sales used of promotions. Of a sale of somebody who was erased nobody can tell any more that it was beyond what a
-- member may.
select sale_id, record_id, store, day, at, counted, uses, case when record_id is not null then over end, back
from promotion_sale
where workspace_id = %(workspace_id)s order by 1

-- name: stores
-- Shops that were told of.
select code, name, time_zone, region, country, currency, tax_mode, said_at, said_key
from store where workspace_id = %(workspace_id)s and said_at > '-infinity' order by 1

-- name: products
-- Products that were told of.
select sku, name, category, brand, barcode, price_minor, currency, active, said_at, said_key
from product where workspace_id = %(workspace_id)s and said_at > '-infinity' order by 1

-- name: stocks
-- Stock.
select sku, store, quantity, said_at, said_key from stock where workspace_id = %(workspace_id)s order by 1, 2

-- name: counters
-- Number of profiles.
select profiles from workspace_state where workspace_id = %(workspace_id)s

-- name: drop_workspace_rows
-- Take the rows of a shadow away; filled in with a table of the state.
delete from {table} where workspace_id = %(workspace_id)s

-- name: set_profiles
-- The counter of profiles after a rebuild.
update workspace_state set profiles = %(profiles)s, cache_no = cache_no + 1 where workspace_id = %(workspace_id)s

-- name: drop_workspace
-- A shadow workspace itself.
delete from workspace where workspace_id = %(workspace_id)s and name like 'rebuild-%%'
