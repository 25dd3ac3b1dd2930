-- Those who see less than they might: a key that reads for some stores alone (codes of the register; null: all of
-- them), and the session of an owner who looks at the console as another role does (null: as themselves).

alter table api_key
    add column stores text[],
    add constraint api_key_stores_count check (cardinality(stores) between 1 and 100),
    add constraint api_key_stores_scopes check (stores is null or not scopes && '{admin,privacy,*}'::text[]);

alter table user_session
    add column viewing_as text,
    add constraint user_session_viewing_as check (
        viewing_as in ('engineer', 'marketer', 'manager', 'associate', 'privacy'));
