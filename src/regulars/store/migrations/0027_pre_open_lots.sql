-- Whether a lot has points left, as a column of its own: an index over the lots that have need not be touched each time
-- that points are spent, and most spending is written where the lot stands. The table is written anew once.
alter table loyalty_lot add column open boolean not null generated always as (remaining > 0) stored;
drop index loyalty_lot_next;
create index loyalty_lot_next on loyalty_lot (workspace_id, record_id, programme, point, expires_at, active_from, lot_id)
    where open;

-- The time comes first here, other than everywhere else: by such an index nobody looks a customer up, whatever the
-- statistics of a young table say. With the workspace first, a look-up could end up reading all that is open in it.
drop index loyalty_lot_ends;
create index loyalty_lot_ends on loyalty_lot (expires_at, workspace_id) where open;
drop index loyalty_hold_ends;
create index loyalty_hold_ends on loyalty_hold (expires_at, workspace_id) where state = 'open';
drop index approval_open;
create index approval_open on approval (asked_at, workspace_id) where state = 'open';

-- Accounts change with every sale of a member; rows that change keep room beside them.
alter table loyalty_account set (fillfactor = 80);

-- Nothing looks entries up by their lot: the reports and the audit read them whole.
drop index ledger_entry_lot;
