-- Satellite of marketplace_accounts: what a connection to Bazaar needs beside the account.

create table bazaar_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- the same as the account's external id
  shop_id text not null,
  signs_in_by text not null default 'TOKEN',
  warehouses text[] not null default '{}',
  daily_limit integer,
  express boolean not null default false,
  contract_until timestamptz,
  api_key_enc bytea not null,
  -- a copy that is replaced when it is over; null before the first exchange
  session_token_enc bytea,
  session_expires_at timestamptz,
  constraint bazaar_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint bazaar_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade,
  constraint bazaar_account_details__signs_in_by check (signs_in_by in ('KEY', 'TOKEN'))
);

select app_protect('bazaar_account_details', 'select, insert, update, delete');
