-- The stores a person works in, by the codes of the register; null: all of them.

alter table app_user
    add column stores text[],
    add constraint app_user_stores check (
        stores is null or (role in ('manager', 'associate') and cardinality(stores) between 1 and 100));
