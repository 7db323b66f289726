-- Satellite of marketplace_accounts: what a connection to Nukkad needs beside the account.

create table nukkad_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- the same as the account's external id
  shop_id text not null,
  api_key_enc bytea not null,
  constraint nukkad_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint nukkad_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade
);

select app_protect('nukkad_account_details', 'select, insert, update, delete');
