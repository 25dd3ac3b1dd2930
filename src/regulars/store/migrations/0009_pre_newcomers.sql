-- Customers by when they came: the list of the newest and the counts of the front page read this index alone.
create index record_newcomer on record (workspace_id, first_at, record_id) where known and record_id = profile_id;
drop index record_first;
