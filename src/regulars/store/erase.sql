-- name: resolve_profile
-- The profile a record or profile id stands for now.
select profile_id from record where workspace_id = %(workspace_id)s and record_id = %(id)s::uuid

-- name: load_neighbours
-- All records of the components that a profile's records are in.
select record_id, source_id, known, first_at, component_id, profile_id, sealed_key, sealed
from record
where workspace_id = %(workspace_id)s and component_id in (
    select component_id from record where workspace_id = %(workspace_id)s and profile_id = %(id)s::uuid
)

-- name: load_events
-- The logged events of records, and those of nobody that mention the person.
select event_no, received_at, type, record_id, event_key, occurred_at, sealed
from event
where workspace_id = %(workspace_id)s
    and (record_id = any(%(ids)s::uuid[]) or event_no = any(%(numbers)s::bigint[]))
order by event_no

-- name: read_unowned
-- A page of the events that belong to no record, after an event number.
select event_no, sealed from event
where workspace_id = %(workspace_id)s and record_id is null and type <> 'regulars.erased'
    and event_no > %(after)s
order by event_no limit %(limit)s

-- name: reseal_events
-- Put the anonymous form of events in place; they belong to nobody from now on.
update event e set record_id = null, sealed = substring(%(blob)b::bytea, x.at, x.size)
from json_to_recordset(%(doc)s::json) as x(no bigint, received_at timestamptz, at integer, size integer)
where e.workspace_id = %(workspace_id)s and e.event_no = x.no and e.received_at = x.received_at

-- name: unname_days
-- Receipts that were somebody's are nobody's in the days of the shops.
update store_day d set identified = d.identified - s.n
from (
    select business_date, coalesce(store, '') as store, coalesce(channel, '') as channel, currency,
        count(*) as n
    from sale
    where workspace_id = %(workspace_id)s and counted_on = any(%(ids)s::uuid[]) and kind = 1 and counted
    group by 1, 2, 3, 4
) as s
where d.workspace_id = %(workspace_id)s and d.business_date = s.business_date and d.store = s.store
    and d.channel = s.channel and d.currency = s.currency

-- name: unname_sales
-- Receipts stay for the shop and the books, without the customer; the reports add up their days anew.
with touched as (
    insert into report_touched (workspace_id, business_date)
    select distinct %(workspace_id)s, business_date from sale
    where workspace_id = %(workspace_id)s and counted_on = any(%(ids)s::uuid[])
)
update sale set
    record_id = case when record_id = any(%(ids)s::uuid[]) then null else record_id end,
    counted_on = case when counted_on = any(%(ids)s::uuid[]) then null else counted_on end
where workspace_id = %(workspace_id)s
    and (counted_on = any(%(ids)s::uuid[]) or record_id = any(%(ids)s::uuid[]))

-- name: delete_records
-- The records and with them their keys.
delete from record where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_figures
-- The figures of the records.
delete from record_figures where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_identifiers
-- The identifiers of the records, current and former.
delete from identifier i using json_to_recordset(%(doc)s::json) as x(kind smallint, value uuid, id uuid)
where i.workspace_id = %(workspace_id)s and i.kind = x.kind and i.value = x.value and i.record_id = x.id

-- name: delete_keys
-- The keys of the set at work that the records were sought by.
delete from match_key m using json_to_recordset(%(keys)s::json) as x(key bigint, id uuid)
where m.workspace_id = %(workspace_id)s and m.model_no = %(model_no)s and m.key = x.key and m.record_id = x.id

-- name: delete_old_keys
-- Those of sets that are not at work any more, of which there are some until all records are matched anew.
delete from match_key
where workspace_id = %(workspace_id)s and (model_no < %(model_no)s or model_no > %(model_no)s)
    and record_id = any(%(ids)s::uuid[])

-- name: delete_household_keys
-- The keys of the records' homes and contacts.
delete from household_key h using json_to_recordset(%(keys)s::json) as x(key bigint, id uuid)
where h.workspace_id = %(workspace_id)s and h.key = x.key and h.record_id = x.id

-- name: delete_promotion_counts
-- How often the records used promotions.
delete from promotion_count
where workspace_id = %(workspace_id)s and scope = 'member'
    and key in (select replace(x::text, '-', '') from unnest(%(ids)s::uuid[]) as x)

-- name: delete_vouchers
-- Codes that were the records' own; nobody can use them any more.
delete from promotion_code where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: unname_promotion_holds
-- Promotions that were reserved stay reserved, as nobody's.
update promotion_hold set record_id = null
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: unname_promotion_sales
-- What sales used stays counted, as nobody's.
update promotion_sale set record_id = null
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_manual
-- What people decided of the records.
delete from manual_link
where workspace_id = %(workspace_id)s and (a = any(%(ids)s::uuid[]) or b = any(%(ids)s::uuid[]))

-- name: delete_decision_pairs
-- Which decisions spoke of the records.
delete from decision_pair
where workspace_id = %(workspace_id)s and (a = any(%(ids)s::uuid[]) or b = any(%(ids)s::uuid[]))

-- name: delete_words
-- The name words of the records.
delete from name_word n using json_to_recordset(%(doc)s::json) as x(word uuid, id uuid)
where n.workspace_id = %(workspace_id)s and n.word = x.word and n.record_id = x.id

-- name: delete_consents
-- Consent of the records, and of addresses nobody else carries.
delete from consent c
where c.workspace_id = %(workspace_id)s and (
    c.record_id = any(%(ids)s::uuid[]) or c.address = any(%(ids)s::uuid[])
    or (
        c.address = any(%(addresses)s::uuid[]) and not exists (
            select from identifier i
            where i.workspace_id = %(workspace_id)s and i.value = c.address and i.kind in (6, 7) and i.current
        )
    )
)

-- name: delete_fetches
-- Effects that name the customer at a vendor, or here.
delete from outbox
where workspace_id = %(workspace_id)s
    and (body ->> 'reference' = any(%(references)s) or (kind = 'write_back' and body ->> 'member' = any(%(members)s)))

-- name: forget_answers
-- What webhooks answered to messages that name the customer; they may have repeated what they were told.
delete from webhook_attempt a using outbox o
where a.workspace_id = %(workspace_id)s and o.workspace_id = %(workspace_id)s and o.outbox_id = a.outbox_id
    and o.kind = 'webhook' and (
        o.body #>> '{data,profile_id}' = any(%(names)s)
        or o.body #> '{data,from_ids}' ?| %(names)s or o.body #> '{data,into_ids}' ?| %(names)s
    )

-- name: unname_messages
-- Messages of sales stay, without the customer.
update outbox set body = jsonb_set(body, '{data,profile_id}', 'null')
where workspace_id = %(workspace_id)s and kind = 'webhook' and body ->> 'type' = 'sale.recorded'
    and body #>> '{data,profile_id}' = any(%(names)s)

-- name: delete_messages
-- All other messages to webhooks that name the customer.
delete from outbox
where workspace_id = %(workspace_id)s and kind = 'webhook' and (
    body #>> '{data,profile_id}' = any(%(names)s)
    or body #> '{data,from_ids}' ?| %(names)s or body #> '{data,into_ids}' ?| %(names)s
)

-- name: load_quarantine
-- Everything still kept of rejected messages.
select quarantine_id, sealed_key, sealed from quarantine where workspace_id = %(workspace_id)s

-- name: delete_quarantine
-- Rejected messages that tell of the person.
delete from quarantine where workspace_id = %(workspace_id)s and quarantine_id = any(%(ids)s::uuid[])

-- name: delete_answers
-- Stored answers to management calls; a repeat of such a call is simply done anew.
delete from answer where workspace_id = %(workspace_id)s

-- name: load_carriers
-- Records that carry a value now, one more than may identify somebody.
select record_id from identifier
where workspace_id = %(workspace_id)s and kind = %(kind)s and value = %(value)s::uuid
    and (current or kind in (6, 7))
limit %(limit)s

-- name: save_tombstones
-- Marks under which the person would be known again.
insert into tombstone (workspace_id, tombstone, erased_at)
select %(workspace_id)s, mark, %(now)s from unnest(%(marks)s::uuid[]) as mark
on conflict (workspace_id, tombstone) do nothing

-- name: save_erasure
-- The register's row of an erasure, with its proof.
insert into erasure (workspace_id, erasure_id, at, actor, tombstones, proof)
values (
    %(workspace_id)s, %(id)s::uuid, %(now)s, %(actor)s, %(marks)s::uuid[],
    %(proof)s::jsonb
)

-- name: list_erasures
-- All erasures, for the register kept outside the database.
select erasure_id, at, actor, tombstones::text[], proof from erasure where workspace_id = %(workspace_id)s

-- name: erase_requests
-- Empty the requests of the person: what they wrote goes, kind, dates, outcome and a keyed hash stay; open ones end.
update privacy_request set
    record_id = null, sealed_key = null, sealed = null, erasure_id = %(id)s::uuid,
    outcome = case
        when state in ('done', 'refused') then outcome
        when kind = 'erasure' then 'erased'
        else 'customer_erased'
    end,
    closed_at = coalesce(closed_at, %(now)s), closed_by = coalesce(closed_by, %(actor)s),
    state = case when state = 'refused' then 'refused' else 'done' end
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
returning request_no

-- name: list_records
-- Ids of all records, for finding those an erasure marked.
select record_id from record where workspace_id = %(workspace_id)s

-- name: points_left
-- What the books still hold of records: points in lots, and, without a lot, what is owed (below zero: repaid elsewhere).
select programme, record_id, point, lot_id, remaining from loyalty_lot
where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[]) and open
union all
select t.programme, e.record_id, e.point, null, sum(case when e.debit = 'debt' then -e.amount else e.amount end)::bigint
from ledger_entry e
join ledger_txn t on t.workspace_id = e.workspace_id and t.txn_id = e.txn_id
where e.workspace_id = %(workspace_id)s and e.record_id = any(%(ids)s::uuid[]) and (e.debit = 'debt' or e.credit = 'debt')
group by 1, 2, 3
having sum(case when e.debit = 'debt' then -e.amount else e.amount end) <> 0
order by 1, 2, 3, 4

-- name: release_holds
-- Open holds of records, and those of others that reserve their lots, let go of everybody's points.
with gone as (
    select h.hold_id, h.lots from loyalty_hold h
    where h.workspace_id = %(workspace_id)s and h.state = 'open' and (
        h.record_id = any(%(ids)s::uuid[]) or exists (
            select from jsonb_array_elements(h.lots) x
            join loyalty_lot l on l.workspace_id = %(workspace_id)s and l.lot_id = (x ->> 0)::uuid
            where l.record_id = any(%(ids)s::uuid[])
        )
    )
), freed as (
    update loyalty_lot l set held = l.held - f.amount
    from (
        select (x ->> 0)::uuid as lot_id, sum((x ->> 1)::bigint) as amount
        from gone cross join jsonb_array_elements(gone.lots) x group by 1
    ) as f
    where l.workspace_id = %(workspace_id)s and l.lot_id = f.lot_id
)
update loyalty_hold h set state = 'released', lots = '[]' from gone
where h.workspace_id = %(workspace_id)s and h.hold_id = gone.hold_id

-- name: delete_accounts
-- The accounts of records.
delete from loyalty_account where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_lots
-- Their lots of points; the ledger keeps what was posted.
delete from loyalty_lot where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_holds
-- Their holds.
delete from loyalty_hold where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: delete_earnings
-- What their sales earned.
delete from loyalty_earning where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: find_met
-- Who was one member with records, or with one who was, and so on; without these records.
with recursive met (record_id) as (
    select unnest(%(ids)s::uuid[])
    union
    select case when x.hub = met.record_id then x.record_id else x.hub end
    from met join loyalty_met x
        on x.workspace_id = %(workspace_id)s and (x.hub = met.record_id or x.record_id = met.record_id)
)
select record_id from met where record_id <> all(%(ids)s::uuid[])

-- name: delete_met
-- That records were one member with others.
delete from loyalty_met
where workspace_id = %(workspace_id)s and (hub = any(%(ids)s::uuid[]) or record_id = any(%(ids)s::uuid[]))

-- name: delete_kept
-- What earlier erasures kept of records.
delete from loyalty_kept where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])

-- name: save_kept
-- What an erasure keeps of a record; what was kept before it is of no use any more.
insert into loyalty_kept as k (workspace_id, record_id, event_no, doc)
values (%(workspace_id)s, %(id)s::uuid, %(event_no)s, %(doc)s)
on conflict (workspace_id, record_id) do update set event_no = excluded.event_no, doc = excluded.doc
    where k.workspace_id = %(workspace_id)s

-- name: empty_approvals
-- What was asked about the person keeps who, when and what became of it; words and command go, and what waits lapses.
update approval set
    subject = null, reason = '', note = '', command = '{}',
    state = case when state = 'open' then 'lapsed' else state end,
    outcome = case when state = 'approved' and outcome is null then 'not_a_member' else outcome end
where workspace_id = %(workspace_id)s and subject = any(%(ids)s::uuid[])
