-- Rewards on holds, vouchers, and what returns gave back of promotions.

-- The reward a hold is for, as the programme had it then; null for plain points.
alter table loyalty_hold add column reward jsonb;

-- A voucher is a code that is somebody's: until `expires_at`, for a promotion or for an amount of its own
-- (promotion ~voucher). `hold_id`: of the points it was had for; it is good as long as none of them came back.
-- `sealed` is the code under the workspace's key, so that it can be shown to its owner again.
alter table promotion_code
    add column record_id uuid,
    add column expires_at timestamptz,
    add column value_minor bigint,
    add column currency text,
    add column hold_id uuid,
    add column sealed bytea,
    add constraint code_with_value check ((value_minor is null) = (currency is null) and value_minor > 0);
create index promotion_code_record on promotion_code (workspace_id, record_id) where record_id is not null;
create index promotion_code_hold on promotion_code (workspace_id, hold_id) where hold_id is not null;

-- What of each use came back with goods, in minor units, in the order of `uses`; budgets have it again.
alter table promotion_sale add column back jsonb not null default '[]';
