-- What is sorted on disk while all records are looked at once; SQLite, and :name for values.

-- name: make
-- The tables; nothing outlives the process, so nothing is made safe.
pragma cache_size = -16384;
pragma journal_mode = off;
pragma temp_store = file;
create table carried (value blob, place integer);
create table sought (key integer, place integer);
create table doubt (a integer, b integer, primary key (a, b)) without rowid;
create table counted (field integer, value integer);
begin

-- name: add_carried
-- A record carries a value.
insert into carried values (?, ?)

-- name: add_sought
-- A record is sought by a key.
insert into sought values (?, ?)

-- name: add_counted
-- A value of a field occurs once more.
insert into counted values (?, ?)

-- name: add_doubt
-- A pair is one to look at; a repeat says nothing new.
insert or ignore into doubt values (?, ?)

-- name: carriers
-- The records of each value that several carry.
select group_concat(place) from carried group by value having count(*) > 1

-- name: crowded
-- Keys that more than so many records are sought by, in order.
select key from sought group by key having count(*) > :most order by key

-- name: sharing
-- The records of each key that several are sought by, but not too many; each set once, by the first record.
select distinct min(place), group_concat(place) from sought group by key
having count(*) between 2 and :most order by 1, 2

-- name: doubtful
-- The pairs to look at.
select a, b from doubt

-- name: frequent
-- A field's values that came at least so often, and how often; the most frequent ones first.
select value, count(*) from counted where field = :field group by value having count(*) >= :least
order by 2 desc, 1 limit :most
