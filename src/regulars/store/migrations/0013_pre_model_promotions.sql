-- When which model was put to work, by whom and why; `before_no` was at work until then. `audited` once the trail has it.
create table model_promotion (
    workspace_id integer not null,
    promotion_id uuid not null,
    at timestamptz not null,
    model_no smallint not null,
    before_no smallint not null,
    actor text not null,
    reason text not null,
    audited boolean not null default false,
    primary key (workspace_id, promotion_id)
);
create index model_promotion_at on model_promotion (workspace_id, at desc);
create index model_promotion_untold on model_promotion (workspace_id) where not audited;

alter table model_promotion enable row level security;
alter table model_promotion force row level security;
create policy workspace_fence on model_promotion using (
    workspace_id = nullif(current_setting('regulars.workspace_id', true), '')::integer
);
