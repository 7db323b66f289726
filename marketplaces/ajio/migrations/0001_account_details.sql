-- Satellite of marketplace_accounts: what a connection to AJIO needs beside the account.

create table ajio_account_details (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- Point of Business, the same as the account's external id. Two sellers may name one: a key over all
  -- sellers would tell the one about the other
  pob_id text not null,
  -- one POB is one store
  store_code text not null,
  -- DROPSHIP_VMS: from the seller to the buyer; JIT: to AJIO's warehouse
  model text not null default 'DROPSHIP_VMS',
  -- how goods that come back are credited: a credit note, or a return sales invoice
  return_model text not null default 'CREDIT_NOTE',
  dc_code text,
  -- the seller's series of invoice numbers that AJIO knows
  b2b_invoice_series text,
  gstin text not null,
  -- in India; what is closed later counts as dispatched on the next day
  manifest_cutoff time not null default '17:30',
  claim_window_days integer not null default 60,
  -- of a parcel, where the product says nothing
  box_weight_grams integer not null default 500,
  box_length_cm integer not null default 30,
  box_breadth_cm integer not null default 25,
  box_height_cm integer not null default 5,
  -- what the browser extension reads from the session at the portal; all four change together
  access_token_enc bytea not null,
  refresh_token_enc bytea not null,
  session_context_enc bytea not null,
  user_context_enc bytea not null,
  token_expires_at timestamptz,
  last_refresh_at timestamptz,
  -- of accounts with an API password
  pob_password_enc bytea,
  constraint ajio_account_details__seller_account
    primary key (seller_id, marketplace_account_id),
  constraint ajio_account_details__seller_pob unique (seller_id, pob_id),
  constraint ajio_account_details__account
    foreign key (seller_id, marketplace_account_id)
    references marketplace_accounts (seller_id, id) on delete cascade,
  constraint ajio_account_details__pob check (pob_id ~ '^DV'),
  constraint ajio_account_details__model check (model in ('DROPSHIP_VMS', 'JIT')),
  constraint ajio_account_details__return_model check (return_model in ('CREDIT_NOTE', 'RSI')),
  constraint ajio_account_details__gstin check (gstin ~ '^[0-9]{2}[A-Z0-9]{13}$'),
  constraint ajio_account_details__claim_window check (claim_window_days between 1 and 365),
  constraint ajio_account_details__box check (
    box_weight_grams > 0 and box_length_cm > 0 and box_breadth_cm > 0 and box_height_cm > 0)
);

select app_protect('ajio_account_details', 'select, insert, update, delete');
