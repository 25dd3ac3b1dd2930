-- Models of a workspace, and looking at all of its records at once.

-- name: hold_still
-- From the next transaction on this connection sees everything as it is when that begins, and changes nothing.
set session characteristics as transaction isolation level repeatable read, read only

-- name: load_some
-- Records by id, in the order of their ids.
select record_id, source_id, known, first_at, component_id, profile_id, sealed_key, sealed
from record where workspace_id = %(workspace_id)s and record_id = any(%(ids)s::uuid[])
order by record_id

-- name: count_records
-- How many records there are.
select count(*) from record where workspace_id = %(workspace_id)s

-- name: load_some_figures
-- The next figures in the order of their records.
select record_id, figures from record_figures
where workspace_id = %(workspace_id)s and record_id > %(after)s::uuid
order by record_id limit %(limit)s

-- name: count_reviews
-- How many pairs a person should look at.
select count(*) from review where workspace_id = %(workspace_id)s

-- name: source_names
-- Sources by number.
select source_id, name from source where workspace_id = %(workspace_id)s order by source_id

-- name: list_models
-- Models, the newest first, with when each was last put to work.
select m.model_no, m.name, m.digest, m.made_at, m.made_by, m.frequencies is not null, p.at, p.actor, p.reason
from identity_model m
left join lateral (
    select at, actor, reason from model_promotion p
    where p.workspace_id = m.workspace_id and p.model_no = m.model_no order by p.at desc limit 1
) as p on true
where m.workspace_id = %(workspace_id)s order by m.model_no desc limit %(limit)s

-- name: load_one
-- One model as it was given, and the counts it uses.
select content, frequencies from identity_model where workspace_id = %(workspace_id)s and model_no = %(model_no)s

-- name: count_models
-- How many models are kept.
select count(*) from identity_model where workspace_id = %(workspace_id)s

-- name: at_work
-- The model at work, how far records have their keys, and how far they are matched anew by it; null when all are.
select model_no, keyed_to, rekeyed_to from workspace_state where workspace_id = %(workspace_id)s

-- name: model_before
-- The model that was at work before the one that is.
select p.before_no from model_promotion p
join workspace_state s on s.workspace_id = p.workspace_id and s.model_no = p.model_no
where p.workspace_id = %(workspace_id)s order by p.at desc, p.promotion_id limit 1

-- name: list_generics
-- Values that name nobody, those of most people first.
select kind, value, people, records, since from generic_value
where workspace_id = %(workspace_id)s order by people desc, records desc, kind, value limit %(limit)s

-- name: count_quiet
-- How many values name nobody, and how many keys of the set at work are shared by too many.
select (select count(*) from generic_value where workspace_id = %(workspace_id)s),
    (select count(*) from crowded_key c join workspace_state s
        on s.workspace_id = c.workspace_id and s.keys_no = c.model_no
     where c.workspace_id = %(workspace_id)s)

-- name: carrier
-- A record that carries a value.
select r.sealed_key, r.sealed
from identifier i
join record r on r.workspace_id = i.workspace_id and r.record_id = i.record_id
where i.workspace_id = %(workspace_id)s and i.kind = %(kind)s and i.value = %(value)s
limit 1

-- name: put_to_work
-- Another model is at work; its first record is still to be matched anew. Not where there is no such model.
-- Where it seeks otherwise than the one before, all records need keys of a new set first.
with put as (
    update workspace_state s set
        model_no = %(model_no)s,
        rekeyed_to = '00000000-0000-0000-0000-000000000000',
        keyed_to = case when %(seeks_alike)s then s.keyed_to else '00000000-0000-0000-0000-000000000000' end,
        keys_no = case when %(seeks_alike)s then s.keys_no
            else greatest(s.keys_no, (
                select max(model_no) from identity_model where workspace_id = %(workspace_id)s
            )) + 1 end
    from workspace_state before
    where s.workspace_id = %(workspace_id)s and before.workspace_id = %(workspace_id)s
        and exists (
            select from identity_model where workspace_id = %(workspace_id)s and model_no = %(model_no)s
        )
    returning before.model_no
)
insert into model_promotion (workspace_id, promotion_id, at, model_no, before_no, actor, reason)
select %(workspace_id)s, %(promotion_id)s, %(at)s, %(model_no)s, put.model_no, %(actor)s, %(reason)s from put
on conflict (workspace_id, promotion_id) do nothing

-- name: load_untold_promotions
-- Models put to work that the audit trail does not know of yet, in order.
select promotion_id, model_no, before_no, actor, reason from model_promotion
where workspace_id = %(workspace_id)s and not audited order by at, promotion_id limit %(limit)s

-- name: mark_promotions_told
-- They are in the audit trail.
update model_promotion set audited = true
where workspace_id = %(workspace_id)s and promotion_id = any(%(ids)s::uuid[])
