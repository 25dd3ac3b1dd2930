-- Profiles as the API finds them: each look-up by key and index, in pages that never repeat a profile.

-- name: records_by_identifier
-- All records of the profiles that carry one of some identifiers, in order of the first record that does.
select p.found_id, r.profile_id, r.record_id, r.source_id, r.known, r.first_at, r.sealed_key, r.sealed,
       f.last_at, f.figures
  from (
    select i.record_id as found_id, i.profile_id
      from json_to_recordset(%(values)s::json) as v(kind smallint, value uuid)
     cross join lateral (
        select c.record_id, k.profile_id
          from identifier c
          join record k on k.workspace_id = %(workspace_id)s and k.record_id = c.record_id
         where c.workspace_id = %(workspace_id)s and c.kind = v.kind and c.value = v.value
           and (c.current or %(former)s) and c.record_id > %(after)s::uuid
           and not exists (
            select from record e
              join identifier d on d.workspace_id = %(workspace_id)s and d.kind = v.kind and d.value = v.value
                   and d.record_id = e.record_id and (d.current or %(former)s)
             where e.workspace_id = %(workspace_id)s and e.profile_id = k.profile_id
               and e.record_id < c.record_id)
         order by c.record_id
         limit %(limit)s
     ) as i
     order by i.record_id
     limit %(limit)s
  ) as p
 cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and profile_id = p.profile_id offset 0
 ) as r
  left join lateral (
    select last_at, figures from record_figures
     where workspace_id = %(workspace_id)s and record_id = r.record_id limit 1
 ) as f on true
 order by p.found_id, r.first_at, r.record_id;

-- name: records_of_record
-- All records of the profile that a record belongs to now.
select r.record_id, r.profile_id, r.record_id, r.source_id, r.known, r.first_at, r.sealed_key, r.sealed,
       f.last_at, f.figures
  from (
    select profile_id from record where workspace_id = %(workspace_id)s and record_id = %(record_id)s::uuid
  ) as p
 cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and profile_id = p.profile_id offset 0
 ) as r
  left join lateral (
    select last_at, figures from record_figures
     where workspace_id = %(workspace_id)s and record_id = r.record_id limit 1
 ) as f on true
 order by r.first_at, r.record_id;

-- name: records_of
-- All records of some profiles.
select r.profile_id, r.profile_id, r.record_id, r.source_id, r.known, r.first_at, r.sealed_key, r.sealed,
       f.last_at, f.figures
  from unnest(%(ids)s::uuid[]) as p(profile_id)
 cross join lateral (
    select * from record where workspace_id = %(workspace_id)s and profile_id = p.profile_id offset 0
 ) as r
  left join lateral (
    select last_at, figures from record_figures
     where workspace_id = %(workspace_id)s and record_id = r.record_id limit 1
 ) as f on true
 order by r.profile_id, r.first_at, r.record_id;

-- name: find_by_name
-- Profiles with a record that carries every one of up to three name words, by their first such record.
select n.record_id, r.profile_id
  from name_word n
  join record r on r.workspace_id = %(workspace_id)s and r.record_id = n.record_id
 where n.workspace_id = %(workspace_id)s and n.word = %(word1)s::uuid and n.record_id > %(after)s::uuid
   and (%(word2)s::uuid is null or exists (select from name_word b where b.workspace_id = %(workspace_id)s
        and b.word = %(word2)s::uuid and b.record_id = n.record_id))
   and (%(word3)s::uuid is null or exists (select from name_word c where c.workspace_id = %(workspace_id)s
        and c.word = %(word3)s::uuid and c.record_id = n.record_id))
   and not exists (
    select from record e
      join name_word m on m.workspace_id = %(workspace_id)s and m.word = %(word1)s::uuid and m.record_id = e.record_id
     where e.workspace_id = %(workspace_id)s and e.profile_id = r.profile_id and e.record_id < n.record_id
       and (%(word2)s::uuid is null or exists (select from name_word g where g.workspace_id = %(workspace_id)s
            and g.word = %(word2)s::uuid and g.record_id = e.record_id))
       and (%(word3)s::uuid is null or exists (select from name_word h where h.workspace_id = %(workspace_id)s
            and h.word = %(word3)s::uuid and h.record_id = e.record_id)))
 order by n.record_id
 limit %(limit)s;

-- name: find_by_receipt_number
-- Profiles whose sales or returns have one of some receipt numbers; of a number that comes back, a bounded part.
select distinct r.profile_id, r.profile_id
  from unnest(%(keys)s::uuid[]) as asked(key)
 cross join lateral (
    select coalesce(x.counted_on, x.record_id) as record_id
      from sale x
     where x.workspace_id = %(workspace_id)s and x.receipt_key = asked.key and x.kind in (1, 2)
       and coalesce(x.counted_on, x.record_id) is not null
       and (%(store)s::text is null or x.store = %(store)s::text)
     order by x.kind desc, x.occurred_at desc
     limit %(receipts)s
 ) as s
 cross join lateral (
    select profile_id from record where workspace_id = %(workspace_id)s and record_id = s.record_id limit 1
 ) as r
 where r.profile_id > %(after)s::uuid
 order by r.profile_id
 limit %(limit)s;

-- name: newest_known
-- Known customers by when they were first heard of, newest first, from a place on.
select record_id, profile_id, first_at
  from record
 where workspace_id = %(workspace_id)s and known and record_id = profile_id
   and (first_at, record_id) < (%(at)s::timestamptz, %(id)s::uuid)
 order by first_at desc, record_id desc
 limit %(limit)s;

-- name: timeline
-- Events of a profile, latest in business time first, from a place on; types in full or up to their first dot.
select e.event_no, e.type, e.source_id, e.occurred_at, e.received_at, r.record_id, r.sealed_key, e.sealed
  from record r
 cross join lateral (
    select x.event_no, x.type, x.source_id, x.occurred_at, x.received_at, x.sealed
      from event x
     where x.workspace_id = r.workspace_id and x.record_id = r.record_id
       and x.occurred_at <= %(until)s
       and (x.occurred_at, x.event_no) < (%(until)s, %(before)s::bigint)
       and (%(types)s::text[] is null or x.type = any(%(types)s::text[])
            or split_part(x.type, '.', 1) = any(%(types)s::text[]))
     order by x.occurred_at desc, x.event_no desc
     limit %(limit)s
 ) as e
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
 order by e.occurred_at desc, e.event_no desc
 limit %(limit)s;

-- name: sales_of
-- Receipts of the records of a profile, latest first.
select s.kind, s.receipt, s.occurred_at, s.business_date, s.store, s.till, s.channel, s.currency, s.total_minor,
       s.tax_minor, s.discount_minor, s.counted, s.void, s.lines
  from record r
 cross join lateral (
    select * from sale x
     where x.workspace_id = %(workspace_id)s and x.counted_on = r.record_id
    offset 0
 ) as s
 where r.workspace_id = %(workspace_id)s and r.profile_id = %(profile_id)s::uuid
 order by s.occurred_at desc, s.sale_id;

-- name: generic_values
-- Which of some identifiers are shared by too many to name anybody.
select g.kind, g.value, g.people, g.records, g.since
  from json_to_recordset(%(values)s::json) as v(kind smallint, value uuid)
 cross join lateral (
    select * from generic_value x
     where x.workspace_id = %(workspace_id)s and x.kind = v.kind and x.value = v.value limit 1
 ) as g;
