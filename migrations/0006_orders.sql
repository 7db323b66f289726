-- Orders and their lines, as every marketplace has them. Buyers' fields are sealed (…_enc).

create table orders (
  seller_id uuid not null,
  -- from seller, account and external id: two writers that meet agree
  id uuid not null,
  marketplace_account_id uuid not null,
  external_order_id text not null,
  status text not null,
  -- of the status; a lower one never replaces a higher one
  status_rank smallint not null,
  raw_status text not null,
  on_hold boolean not null,
  ordered_at timestamptz not null,
  source_updated_at timestamptz not null,
  ship_by timestamptz,
  currency text not null,
  total_paise bigint,
  fulfilled_by text,
  -- GST state code of the place of supply
  state_code text,
  item_count integer not null,
  customer_name_enc bytea,
  customer_phone_enc bytea,
  customer_email_enc bytea,
  address_enc bytea,
  -- keyed hash of the whole row and its lines as they came: equal means unchanged
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint orders__account_external
    unique (seller_id, marketplace_account_id, external_order_id),
  constraint orders__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint orders__run foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint orders__status check (status in (
    'NEW', 'ACKNOWLEDGED', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED', 'SHIPPED', 'OUT_FOR_DELIVERY',
    'DELIVERED', 'CANCELLED', 'RTO_IN_TRANSIT', 'RTO_RECEIVED', 'LOST')),
  constraint orders__fulfilled_by check (fulfilled_by in ('SELLER', 'MARKETPLACE')),
  constraint orders__total check (total_paise between -9007199254740991 and 9007199254740991)
);
create index orders__newest on orders (seller_id, ordered_at desc, id desc);
create index orders__newest_of_account
  on orders (seller_id, marketplace_account_id, ordered_at desc, id desc);
create index orders__newest_of_status on orders (seller_id, status, ordered_at desc, id desc);
select app_protect('orders', 'select, insert, update');
grant references on orders to robnu_plugins;

create table order_items (
  seller_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  -- its place in the order, from 1
  line integer not null,
  external_item_id text not null,
  sku text,
  listing_id text,
  title text,
  quantity integer not null,
  total_paise bigint,
  primary key (seller_id, id),
  constraint order_items__order
    foreign key (seller_id, order_id) references orders (seller_id, id) on delete cascade,
  constraint order_items__external unique (seller_id, order_id, external_item_id),
  constraint order_items__quantity check (quantity >= 0)
);
select app_protect('order_items');
grant references on order_items to robnu_plugins;

-- What could not be accepted, sealed as it came. The id is made of its content: the same row comes
-- once, however often it is received.
create table quarantined_rows (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  target text not null,
  external_key text,
  reason text not null,
  raw_enc bytea not null,
  job_run_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint quarantined_rows__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint quarantined_rows__run
    foreign key (seller_id, job_run_id) references job_runs (seller_id, id)
);
create index quarantined_rows__by_account
  on quarantined_rows (seller_id, marketplace_account_id, created_at desc);
select app_protect('quarantined_rows', 'select, insert');
