-- Satellite of marketplace_accounts: what a connection to Amazon.in needs beside the account.

create table amazon_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- the same as the account's external id
  selling_partner_id text not null,
  marketplace_id text not null default 'A21TJRUUN4KGV',
  endpoint text not null default 'https://sellingpartnerapi-eu.amazon.com',
  app_id text,
  lwa_client_id text not null,
  lwa_client_secret_enc bytea not null,
  lwa_refresh_token_enc bytea not null,
  -- a copy that is replaced every hour; null before the first exchange
  access_token_enc bytea,
  access_token_expires_at timestamptz,
  granted_roles text[] not null default '{}',
  fulfilment_program text not null default 'EASY_SHIP',
  ef_enabled boolean not null default false,
  ef_location_ids text[] not null default '{}',
  constraint amazon_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint amazon_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade,
  constraint amazon_account_details__endpoint check (endpoint like 'https://%'),
  constraint amazon_account_details__fulfilment_program
    check (fulfilment_program in ('EASY_SHIP', 'SELF_SHIP', 'SELLER_FLEX', 'FBA'))
);

select app_protect('amazon_account_details', 'select, insert, update, delete');
