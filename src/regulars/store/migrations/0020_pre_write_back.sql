-- Write-back: what vendors show of a member's points. There is one effect for each member and source (kind
-- 'write_back'); it says no more than whom it is about, and is wished for again instead of being doubled.

alter table outbox add column wish integer not null default 0;
create index outbox_write_back on outbox (workspace_id, source_id, state, done_at, outbox_id)
    where kind = 'write_back';
