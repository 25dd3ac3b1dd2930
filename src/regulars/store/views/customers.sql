-- Customers as the screens list, find and show them.

-- name: profile_of_record
-- The profile that a record belongs to now.
select profile_id from record where workspace_id = %(workspace_id)s and record_id = %(record_id)s::uuid;

-- name: records_of_profiles
-- Every record of some profiles, with its figures.
select r.profile_id, r.record_id, r.source_id, r.known, r.first_at, r.sealed_key, r.sealed, f.last_at, f.figures
  from record r
  left join record_figures f on f.workspace_id = r.workspace_id and f.record_id = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = any(%(ids)s::uuid[])
 order by r.first_at, r.record_id;

-- name: figures_of_profiles
-- The figures of the records of some profiles.
select r.profile_id, f.figures
  from record r
  join record_figures f on f.workspace_id = r.workspace_id and f.record_id = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = any(%(ids)s::uuid[]);

-- name: source_names
-- The sources by number.
select source_id, name, kind, till_system from source where workspace_id = %(workspace_id)s order by source_id;

-- name: store_names
-- Names of shops that have one.
select code, name from store where workspace_id = %(workspace_id)s and name is not null;

-- name: newest_profiles
-- Known customers by when they were first heard of, newest first, from a place on.
select record_id, first_at
  from record
 where workspace_id = %(workspace_id)s and known and record_id = profile_id
   and (%(at)s::timestamptz is null or (first_at, record_id) < (%(at)s::timestamptz, %(id)s::uuid))
 order by first_at desc, record_id desc
 limit %(limit)s;

-- name: profiles_of_source
-- Of some profiles, those that a source knows.
select distinct profile_id from record
 where workspace_id = %(workspace_id)s and profile_id = any(%(ids)s::uuid[]) and source_id = %(source_id)s;

-- name: last_heard
-- The latest events of known customers, newest first, from a place on, with the profile.
select e.event_no, r.profile_id
  from event e
  join record r on r.workspace_id = e.workspace_id and r.record_id = e.record_id
  join record anchor on anchor.workspace_id = r.workspace_id and anchor.record_id = r.profile_id and anchor.known
 where e.workspace_id = %(workspace_id)s and e.record_id is not null
   and (%(before)s::bigint is null or e.event_no < %(before)s::bigint)
 order by e.event_no desc
 limit %(limit)s;

-- name: heard_again
-- Which of some profiles have an event at or after a place in the log.
select distinct r.profile_id
  from record r
  join event e on e.workspace_id = r.workspace_id and e.record_id = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = any(%(ids)s::uuid[]) and e.event_no >= %(from_no)s;

-- name: find_by_identifier
-- Profiles that carry one of the given identifiers, now or formerly.
select distinct r.profile_id
  from json_to_recordset(%(values)s::json) as v(kind smallint, value uuid)
  join identifier i on i.workspace_id = %(workspace_id)s and i.kind = v.kind and i.value = v.value
  join record r on r.workspace_id = %(workspace_id)s and r.record_id = i.record_id
 limit %(limit)s;

-- name: find_by_receipt
-- Profiles whose receipts have one of the given numbers, and how many such receipts name nobody.
select r.profile_id, count(*)
  from sale s
  left join record r on r.workspace_id = s.workspace_id
       and r.record_id = case when s.counted_on is null then s.record_id else s.counted_on end
 where s.workspace_id = %(workspace_id)s and s.receipt_key = any(%(keys)s::uuid[])
 group by r.profile_id
 limit %(limit)s;

-- name: find_by_words
-- Records that carry every one of up to three name words, in order of id, from a place on.
select n.record_id, r.profile_id
  from name_word n
  join record r on r.workspace_id = n.workspace_id and r.record_id = n.record_id
 where n.workspace_id = %(workspace_id)s and n.word = %(word1)s::uuid
   and (%(word2)s::uuid is null or exists (select from name_word b where b.workspace_id = %(workspace_id)s
        and b.word = %(word2)s::uuid and b.record_id = n.record_id))
   and (%(word3)s::uuid is null or exists (select from name_word c where c.workspace_id = %(workspace_id)s
        and c.word = %(word3)s::uuid and c.record_id = n.record_id))
   and (%(after)s::uuid is null or n.record_id > %(after)s::uuid)
 order by n.record_id
 limit %(limit)s;

-- name: profile_timeline
-- Events of a profile, latest in business time first, from a place on; types by prefix where given.
select e.event_no, e.type, e.source_id, e.occurred_at, e.received_at, r.record_id, r.sealed_key, e.sealed
  from record r
 cross join lateral (
    select x.event_no, x.type, x.source_id, x.occurred_at, x.received_at, x.sealed
      from event x
     where x.workspace_id = r.workspace_id and x.record_id = r.record_id
       and x.occurred_at <= %(until)s
       and (x.occurred_at, x.event_no) < (%(until)s, %(before)s::bigint)
       and (%(types)s::text is null or split_part(x.type, '.', 1) = any(string_to_array(%(types)s, ',')))
     order by x.occurred_at desc, x.event_no desc
     limit %(limit)s
 ) as e
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
 order by e.occurred_at desc, e.event_no desc
 limit %(limit)s;

-- name: profile_receipts
-- The event that told each of some receipts of a profile last.
select s.source_id, s.receipt, s.event_no
  from record r
  join sale s on s.workspace_id = r.workspace_id and s.counted_on = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
   and s.receipt = any(%(receipts)s)
 limit %(limit)s;

-- name: profile_event
-- One event of a profile, sealed.
select r.sealed_key, e.sealed
  from event e
  join record r on r.workspace_id = e.workspace_id and r.record_id = e.record_id
 where e.workspace_id = %(workspace_id)s and e.event_no = %(event_no)s::bigint
   and r.profile_id = %(profile_id)s::uuid;

-- name: profile_spend
-- Per month and currency of the last year: receipts counted on a profile, paid minus returned.
select date_trunc('month', s.occurred_at at time zone %(zone)s)::date as month, s.currency,
       sum(case s.kind when 1 then s.total_minor else -s.total_minor end)::bigint as net_minor,
       count(*) filter (where s.kind = 1) as orders
  from record r
  join sale s on s.workspace_id = r.workspace_id and s.counted_on = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
   and s.counted and s.kind in (1, 2) and s.occurred_at >= %(since)s
 group by 1, 2 order by 1;

-- name: profile_consent
-- What holds for the records of a profile and for its addresses, but those that one of its sources has replaced.
select c.channel, c.purpose, c.granted, c.occurred_at, c.source_id, c.address
  from consent c
 where c.workspace_id = %(workspace_id)s
   and (c.record_id in (select record_id from record where workspace_id = %(workspace_id)s
                           and profile_id = %(profile_id)s::uuid)
        or c.address in (select i.value from identifier i
                           join record r on r.workspace_id = i.workspace_id and r.record_id = i.record_id
                          where i.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
                          group by i.kind, i.value having bool_and(i.current)))
 order by c.purpose, c.channel, c.occurred_at desc;

-- name: receipt_sums
-- What the receipts that count on a profile come to, per currency.
select s.currency, count(*) filter (where s.kind = 1) as orders, count(*) filter (where s.kind = 2) as returns,
       coalesce(sum(s.total_minor) filter (where s.kind = 1), 0)::bigint as paid_minor,
       coalesce(sum(s.total_minor) filter (where s.kind = 2), 0)::bigint as returned_minor,
       min(s.occurred_at) filter (where s.kind = 1) as first_at, max(s.occurred_at) filter (where s.kind = 1) as last_at
  from record r
  join sale s on s.workspace_id = r.workspace_id and s.counted_on = r.record_id
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid and s.counted and s.kind in (1, 2)
 group by s.currency order by s.currency;

-- name: counted_receipts
-- The receipts that count on a profile, latest first, from a place on.
select s.sale_id, s.kind, s.occurred_at, s.store, s.channel, s.receipt, s.currency, s.total_minor, s.source_id, s.event_no
  from record r
 cross join lateral (
    select * from sale c
     where c.workspace_id = r.workspace_id and c.counted_on = r.record_id and c.counted and c.kind in (1, 2)
       and (c.occurred_at, c.sale_id) < (%(at)s, %(sale_id)s::uuid)
     order by c.occurred_at desc, c.sale_id desc
     limit %(limit)s
 ) as s
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
 order by s.occurred_at desc, s.sale_id desc
 limit %(limit)s;
