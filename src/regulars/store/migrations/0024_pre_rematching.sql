-- The keys records are sought by outlive the model that made them: models that seek alike share a set, and a set of
-- keys has a number of its own. `keys_no` is that of the set at work; `match_key.model_no`, `crowded_key.model_no` and
-- the number a record's fields bear are numbers of sets. `keyed_to`: the last record that has its keys of a new set;
-- null when all have. `rekeyed_to`: how far records are resolved anew by the model at work; null when all are.
alter table workspace_state add column keys_no smallint not null default 1, add column keyed_to uuid;
update workspace_state set keys_no = model_no, keyed_to = rekeyed_to;
