-- Satellite of marketplace_accounts: what a connection to Flipkart needs beside the account.

create table flipkart_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- the same as the account's external id. Two sellers may name one: a key over all sellers would tell
  -- the one about the other
  flipkart_seller_id text not null,
  app_id text not null,
  environment text not null default 'PROD',
  -- CLIENT_CREDENTIALS: the seller's own application; AUTHORIZATION_CODE: a third party's
  grant_type text not null default 'CLIENT_CREDENTIALS',
  -- where shipments are handed over and stock lies, LOC…
  location_ids text[] not null default '{}',
  -- the Reports API is a paid service
  reports_api_enabled boolean not null default false,
  -- the address of ours that was registered for notifications: a part of what is signed
  notification_url text,
  gstin text,
  -- what our invoice numbers begin with
  b2b_invoice_series text,
  -- of goods whose own rate is not known, in hundredths of a per cent
  gst_rate_bp integer not null default 500,
  -- of a parcel, where the product says nothing
  package_length_cm integer not null default 30,
  package_breadth_cm integer not null default 25,
  package_height_cm integer not null default 5,
  package_weight_grams integer not null default 500,
  -- who carries what the seller ships by itself
  self_ship_carrier text,
  -- in India; what is closed later counts as handed over on the next day
  manifest_cutoff time not null default '17:30',
  app_secret_enc bytea not null,
  access_token_enc bytea,
  access_token_expires_at timestamptz,
  refresh_token_enc bytea,
  refresh_token_expires_at timestamptz,
  notification_secret_enc bytea,
  constraint flipkart_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint flipkart_account_details__seller_flipkart unique (seller_id, flipkart_seller_id),
  constraint flipkart_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade,
  constraint flipkart_account_details__environment check (environment in ('PROD', 'SANDBOX')),
  constraint flipkart_account_details__grant
    check (grant_type in ('CLIENT_CREDENTIALS', 'AUTHORIZATION_CODE')),
  constraint flipkart_account_details__gstin check (gstin ~ '^[0-9]{2}[A-Z0-9]{13}$'),
  constraint flipkart_account_details__gst_rate check (gst_rate_bp between 0 and 10000),
  constraint flipkart_account_details__package check (
    package_length_cm > 0 and package_breadth_cm > 0 and package_height_cm > 0
    and package_weight_grams > 0)
);

select app_protect('flipkart_account_details', 'select, insert, update, delete');
