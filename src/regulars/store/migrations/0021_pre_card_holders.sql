-- Whether records have a loyalty card is asked with every sale: without this, all cards of the workspace were read.
create index identifier_card on identifier (workspace_id, record_id) where kind = 1 and current;
