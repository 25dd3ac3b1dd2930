-- name: save_consents
-- The latest word for each address, channel and purpose; at one instant no beats yes.
insert into consent as c (
    workspace_id, address, channel, purpose, granted, occurred_at, event_key, record_id, source_id
)
select %(workspace_id)s, x.address, x.channel, x.purpose, x.granted, x.occurred_at, x.event_key, x.record_id,
    x.source_id
from json_to_recordset(%(doc)s::json) as x(
    address uuid, channel text, purpose text, granted boolean, occurred_at timestamptz, event_key uuid,
    record_id uuid, source_id integer
)
on conflict (workspace_id, address, channel, purpose) do update set
    granted = excluded.granted, occurred_at = excluded.occurred_at, event_key = excluded.event_key,
    record_id = excluded.record_id, source_id = excluded.source_id
where c.workspace_id = excluded.workspace_id
    and (c.occurred_at, not c.granted, c.event_key)
        < (excluded.occurred_at, not excluded.granted, excluded.event_key)
