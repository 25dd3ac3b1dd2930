-- What points of one record may depend on of another, so that they can stand as they are once that one is erased.

-- Records that were one member at some time: each with the least of them, which stands for all.
create table loyalty_met (
    workspace_id integer not null,
    hub uuid not null,
    record_id uuid not null,
    primary key (workspace_id, hub, record_id)
);
create index loyalty_met_record on loyalty_met (workspace_id, record_id);

-- A record's points as they stood at an erasure that took away what they follow from; the log goes on from there.
create table loyalty_kept (
    workspace_id integer not null,
    record_id uuid not null,
    event_no bigint not null,
    doc bytea not null,
    primary key (workspace_id, record_id)
);
create index loyalty_kept_event on loyalty_kept (workspace_id, event_no);

-- Sales that used vouchers: the report of points owed asks when each was used.
create index promotion_sale_voucher on promotion_sale (workspace_id) where uses @> '[{"promotion": "~voucher"}]'::jsonb;

-- A turn reads the lots that a member spends next, in the order of an index.
create index loyalty_lot_next on loyalty_lot (workspace_id, record_id, programme, point, expires_at, active_from, lot_id)
    where remaining > 0;
drop index loyalty_lot_open;

do $$
declare
    fenced text;
begin
    foreach fenced in array array['loyalty_met', 'loyalty_kept'] loop
        execute format('alter table %I enable row level security', fenced);
        execute format('alter table %I force row level security', fenced);
        execute format(
            'create policy workspace_fence on %I using (workspace_id = '
            'nullif(current_setting(''regulars.workspace_id'', true), '''')::integer)', fenced);
    end loop;
end $$;
