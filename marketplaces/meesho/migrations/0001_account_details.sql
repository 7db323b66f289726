-- Satellite of marketplace_accounts: what a connection to Meesho needs beside the account.

create table meesho_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  merchant_id text not null,
  -- the same as the account's external id. Two sellers may name one: a key over all sellers would tell
  -- the one about the other
  supplier_identifier text not null,
  -- the number in the names of Meesho's files
  supplier_id bigint,
  -- whoever is on V2 must not go back
  api_version text not null default 'V2',
  -- who accepts: Meesho always, Meesho where the location has stock, or we alone
  acceptance_preference text not null default 'ALWAYS',
  -- stock is told for exactly one location
  location_external_identifier text not null,
  -- our warehouse behind it; the core's table is not named: a plugin does not depend on it
  facility_warehouse_id uuid,
  claim_window_days integer not null default 7,
  api_key_enc bytea not null,
  api_secret_enc bytea not null,
  -- absent: no push is believed
  webhook_secret_enc bytea,
  constraint meesho_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint meesho_account_details__seller_supplier unique (seller_id, supplier_identifier),
  constraint meesho_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade,
  constraint meesho_account_details__supplier_id check (supplier_id > 0),
  constraint meesho_account_details__api_version check (api_version = 'V2'),
  constraint meesho_account_details__acceptance
    check (acceptance_preference in ('ALWAYS', 'BY_INVENTORY', 'MANUAL')),
  constraint meesho_account_details__claim_window check (claim_window_days between 1 and 365)
);

select app_protect('meesho_account_details', 'select, insert, update, delete');
