-- Consent as it is read: what holds for addresses, for records, and for everybody in turn.

-- name: words_of
-- The words for some addresses, and those said by some records.
select c.address, c.channel, c.purpose, c.granted, c.occurred_at, c.record_id, c.source_id
  from unnest(%(addresses)s::uuid[]) as asked(address)
 cross join lateral (
    select * from consent x where x.workspace_id = %(workspace_id)s and x.address = asked.address limit 100
 ) as c
union
select c.address, c.channel, c.purpose, c.granted, c.occurred_at, c.record_id, c.source_id
  from unnest(%(records)s::uuid[]) as asked(record_id)
 cross join lateral (
    select * from consent x where x.workspace_id = %(workspace_id)s and x.record_id = asked.record_id limit 100
 ) as c;

-- name: all_words
-- All words in order of address, channel and purpose, from a place on.
select c.address, c.channel, c.purpose, c.granted, c.occurred_at, c.record_id, c.source_id, r.profile_id
  from consent c
  left join record r on r.workspace_id = c.workspace_id and r.record_id = c.record_id
 where c.workspace_id = %(workspace_id)s
   and (c.address, c.channel, c.purpose) > (%(address)s::uuid, %(after_channel)s::text, %(after_purpose)s::text)
   and (%(channel)s::text is null or c.channel = %(channel)s::text)
   and (%(purpose)s::text is null or c.purpose = %(purpose)s::text)
 order by c.address, c.channel, c.purpose
 limit %(limit)s;

-- name: count_words
-- How many addresses said yes and no, by channel and purpose; one pass over an index.
select channel, purpose, granted, count(*)
  from consent
 where workspace_id = %(workspace_id)s
 group by channel, purpose, granted
 order by purpose, channel
 limit %(limit)s;

-- name: count_addresses
-- How many different present addresses of a kind are known.
select count(*) from (
    select i.value from identifier i
     where i.workspace_id = %(workspace_id)s and i.kind = %(kind)s and i.current
     group by i.value
) as a;

-- name: latest_words
-- The words that came last, the newest first.
select c.address, c.channel, c.purpose, c.granted, c.occurred_at, c.record_id, c.source_id, r.profile_id
  from consent c
  left join record r on r.workspace_id = c.workspace_id and r.record_id = c.record_id
 where c.workspace_id = %(workspace_id)s
 order by c.occurred_at desc
 limit %(limit)s;
