-- Satellite of marketplace_accounts, and a place for what it finds.

create table hostile_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  attack text,
  token_enc bytea not null,
  constraint hostile_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint hostile_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade
);
select app_protect('hostile_account_details', 'select, insert, update, delete');

create table hostile_loot (
  seller_id uuid not null,
  id uuid not null,
  text text not null,
  constraint hostile_loot__seller_id primary key (seller_id, id)
);
select app_protect('hostile_loot', 'select, insert, update, delete');
