-- The leaves of an account beside its orders: parcels, manifests, returns and payouts, each with its
-- trail. States have a rank and move forward only; the marketplace's own word stands beside them.

-- Two things tell what an order has come to: its own words, and its parcels. Both are kept, so that
-- rows that come in any order end the same; status and status_rank are what follows from the two.
alter table orders
  -- the key by which settlements and reports find it: <code>:<account>:order:<order id>
  add column dedup_key text,
  -- the marketplace allows no processing before
  add column process_after timestamptz,
  -- what the newest word of the marketplace means, beside raw_status; null: nobody knows
  add column told_status text,
  -- where its own words lead, and the source's time of the word that decided; no time: no word did
  add column own_status text,
  add column own_at timestamptz,
  -- the parcel furthest behind of those that live, and how many live
  add column parcel_status text,
  add column parcel_at timestamptz,
  add column parcel_count integer not null default 0;
update orders o
  set told_status = o.status, own_status = o.status, own_at = o.source_updated_at,
    dedup_key = lower(m.code) || ':' || a.external_account_id || ':order:' || o.external_order_id
  from marketplace_accounts a join marketplaces m on m.id = a.marketplace_id
  where a.seller_id = o.seller_id and a.id = o.marketplace_account_id;
create index orders__dedup on orders (seller_id, dedup_key);
alter table order_items
  add column cancelled_quantity integer not null default 0,
  add column hsn text,
  -- GST in hundredths of a per cent
  add column gst_rate_bp integer,
  add constraint order_items__cancelled check (cancelled_quantity between 0 and quantity);

-- words of the marketplace that no adapter knew, and how often the run met each
alter table job_runs add column unknown_words jsonb not null default '{}';

-- What happened to an order, for its timeline. The id is made of the fact, so that a fact that is told
-- again is kept once. The newest word of the marketplace stands on the order itself: what it takes
-- the place of comes here.
create table order_events (
  seller_id uuid not null,
  id uuid not null,
  order_id uuid not null,
  -- 'order.status', 'order.unknown-status', 'order.conflict', 'processing.step' …
  kind text not null,
  -- the state or step that was reached
  state text,
  raw text,
  -- when the source says it happened
  at timestamptz not null,
  -- who told: a run, else whom the scope was opened for
  job_run_id uuid,
  actor text,
  data jsonb,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint order_events__order
    foreign key (seller_id, order_id) references orders (seller_id, id) on delete cascade
);
create index order_events__of_order on order_events (seller_id, order_id, at, id);
select app_protect('order_events', 'select, insert');

create table manifests (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_manifest_id text not null,
  state text not null default 'OPEN',
  -- IMMEDIATE, DELAYED or MANUAL: when it is to be closed
  closure text not null default 'IMMEDIATE',
  -- of a delayed one: when the sweep asks for its closing
  close_at timestamptz,
  -- the business day (Asia/Kolkata) that the marketplace counts
  dispatch_date date,
  shipment_count integer not null default 0,
  source_updated_at timestamptz not null,
  job_run_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (seller_id, id),
  constraint manifests__external
    unique (seller_id, marketplace_account_id, external_manifest_id),
  constraint manifests__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint manifests__state check (state in ('OPEN', 'CLOSED')),
  constraint manifests__closure check (closure in ('IMMEDIATE', 'DELAYED', 'MANUAL')),
  constraint manifests__count check (shipment_count >= 0)
);
create index manifests__newest on manifests (seller_id, created_at desc, id desc);
-- across sellers, partial: the sweep asks for those that are due to be closed
create index manifests__due on manifests (close_at) where state = 'OPEN';
select app_protect('manifests', 'select, insert, update', 'select');
grant references on manifests to robnu_plugins;

create table shipments (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  order_id uuid not null,
  external_shipment_id text not null,
  status text not null,
  status_rank smallint not null,
  raw_status text not null,
  -- the source's time of the word that decided the status; null: no word was understood yet
  status_at timestamptz,
  awb text,
  carrier text,
  -- known before the manifest itself, where the marketplace tells of the parcel first
  manifest_external_id text,
  manifest_id uuid,
  source_updated_at timestamptz not null,
  content_hash bytea not null,
  job_run_id uuid,
  -- to the millisecond, which a position in a list can tell
  created_at timestamptz not null default date_trunc('milliseconds', now()),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint shipments__external
    unique (seller_id, marketplace_account_id, external_shipment_id),
  constraint shipments__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint shipments__order foreign key (seller_id, order_id) references orders (seller_id, id),
  constraint shipments__manifest
    foreign key (seller_id, manifest_id) references manifests (seller_id, id),
  constraint shipments__status check (status in (
    'NEW', 'ACKNOWLEDGED', 'PACKED', 'READY_TO_SHIP', 'MANIFESTED', 'SHIPPED', 'OUT_FOR_DELIVERY',
    'DELIVERED', 'CANCELLED', 'RTO_IN_TRANSIT', 'RTO_RECEIVED', 'LOST'))
);
create index shipments__newest on shipments (seller_id, created_at desc, id desc);
create index shipments__newest_of_account
  on shipments (seller_id, marketplace_account_id, created_at desc, id desc);
create index shipments__of_order on shipments (seller_id, order_id);
create index shipments__by_awb on shipments (seller_id, awb);
create index shipments__of_manifest on shipments (seller_id, manifest_id);
create index shipments__unlinked
  on shipments (seller_id, marketplace_account_id, manifest_external_id)
  where manifest_id is null and manifest_external_id is not null;
select app_protect('shipments', 'select, insert, update');
grant references on shipments to robnu_plugins;

create table shipment_items (
  seller_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  order_item_id uuid,
  external_item_id text not null,
  quantity integer not null,
  primary key (seller_id, id),
  constraint shipment_items__shipment
    foreign key (seller_id, shipment_id) references shipments (seller_id, id) on delete cascade,
  constraint shipment_items__quantity check (quantity >= 0)
);
create index shipment_items__of_shipment on shipment_items (seller_id, shipment_id);
select app_protect('shipment_items');

create table shipment_events (
  seller_id uuid not null,
  id uuid not null,
  shipment_id uuid not null,
  status text,
  raw_status text not null,
  at timestamptz not null,
  job_run_id uuid,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint shipment_events__shipment
    foreign key (seller_id, shipment_id) references shipments (seller_id, id) on delete cascade
);
create index shipment_events__of_shipment on shipment_events (seller_id, shipment_id, at, id);
select app_protect('shipment_events', 'select, insert');

create table order_returns (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_return_id text not null,
  -- null: the order has not come yet, or never will
  order_id uuid,
  order_external_id text not null,
  order_dedup_key text not null,
  kind text not null,
  status text not null,
  status_rank smallint not null,
  -- received, claim_pending: ours, beside the marketplace's
  internal_status text,
  raw_status text not null,
  reason text,
  initiated_at timestamptz not null,
  delivered_at timestamptz,
  received_at timestamptz,
  received_by_user_id uuid,
  -- until when a claim may be made
  claim_due_at timestamptz,
  -- the parcel that brought the goods, known by its name before it is known itself
  shipment_external_id text,
  shipment_id uuid,
  credit_note_number text,
  credit_note_at timestamptz,
  credit_note_paise bigint,
  source_updated_at timestamptz not null,
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint order_returns__external
    unique (seller_id, marketplace_account_id, external_return_id),
  constraint order_returns__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint order_returns__order foreign key (seller_id, order_id) references orders (seller_id, id),
  constraint order_returns__shipment
    foreign key (seller_id, shipment_id) references shipments (seller_id, id),
  constraint order_returns__receiver
    foreign key (seller_id, received_by_user_id) references seller_users (seller_id, id),
  constraint order_returns__run foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint order_returns__kind check (kind in ('CUSTOMER_RETURN', 'RTO', 'EXCHANGE')),
  constraint order_returns__status check (status in (
    'INITIATED', 'PICKED_UP', 'IN_TRANSIT', 'DELIVERED', 'PROCESSED', 'CREDITED', 'CANCELLED')),
  constraint order_returns__internal check (internal_status in ('received', 'claim_pending'))
);
create index order_returns__newest on order_returns (seller_id, initiated_at desc, id desc);
create index order_returns__newest_of_account
  on order_returns (seller_id, marketplace_account_id, initiated_at desc, id desc);
create index order_returns__of_order on order_returns (seller_id, order_id);
create index order_returns__of_key on order_returns (seller_id, order_dedup_key);
create index order_returns__claim_due on order_returns (seller_id, claim_due_at);
create index order_returns__unlinked
  on order_returns (seller_id, marketplace_account_id, shipment_external_id)
  where shipment_id is null and shipment_external_id is not null;
select app_protect('order_returns', 'select, insert, update');
grant references on order_returns to robnu_plugins;

create table order_return_items (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  external_item_id text not null,
  order_item_external_id text,
  sku text,
  quantity integer not null,
  condition text,
  primary key (seller_id, id),
  constraint order_return_items__return
    foreign key (seller_id, order_return_id) references order_returns (seller_id, id)
    on delete cascade,
  constraint order_return_items__quantity check (quantity >= 0)
);
create index order_return_items__of_return on order_return_items (seller_id, order_return_id);
select app_protect('order_return_items');

create table order_return_events (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  status text,
  raw_status text not null,
  at timestamptz not null,
  job_run_id uuid,
  created_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint order_return_events__return
    foreign key (seller_id, order_return_id) references order_returns (seller_id, id)
    on delete cascade
);
create index order_return_events__of_return
  on order_return_events (seller_id, order_return_id, at, id);
select app_protect('order_return_events', 'select, insert');

-- Any leg's waybill leads to the return.
create table return_awbs (
  seller_id uuid not null,
  id uuid not null,
  order_return_id uuid not null,
  awb text not null,
  carrier text,
  primary key (seller_id, id),
  constraint return_awbs__return
    foreign key (seller_id, order_return_id) references order_returns (seller_id, id)
    on delete cascade,
  constraint return_awbs__once unique (seller_id, order_return_id, awb)
);
create index return_awbs__by_awb on return_awbs (seller_id, awb);
select app_protect('return_awbs');

create table marketplace_payouts (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  external_payout_id text not null,
  -- what the marketplace does
  settlement_state text not null,
  state_rank smallint not null,
  raw_status text not null,
  -- what we make of it: PENDING, RECONCILED, DISPUTED
  status text not null default 'PENDING',
  -- as the marketplace tells it
  amount numeric(14,4),
  -- of the lines that are stored
  lines_amount numeric(14,4) not null default 0,
  line_count integer not null default 0,
  currency text not null,
  period_from date,
  period_to date,
  paid_on date,
  -- the day of the payment, else the last one of the period, else that of the source's last change
  settles_on date not null,
  -- its lines come again in the payout that pays them
  forecast boolean not null default false,
  -- the file that it came from, where it came from one
  storage_key text,
  sha256 bytea,
  source_updated_at timestamptz not null,
  content_hash bytea not null,
  job_run_id uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint marketplace_payouts__external
    unique (seller_id, marketplace_account_id, external_payout_id),
  constraint marketplace_payouts__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint marketplace_payouts__run
    foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint marketplace_payouts__state check (settlement_state in ('OPEN', 'RELEASED', 'PAID')),
  constraint marketplace_payouts__status check (status in ('PENDING', 'RECONCILED', 'DISPUTED'))
);
create index marketplace_payouts__newest
  on marketplace_payouts (seller_id, settles_on desc, id desc);
create index marketplace_payouts__newest_of_account
  on marketplace_payouts (seller_id, marketplace_account_id, settles_on desc, id desc);
-- a forecast goes when its last line is paid by another payout
select app_protect('marketplace_payouts', 'select, insert, update, delete');
grant references on marketplace_payouts to robnu_plugins;

create table payout_line_items (
  seller_id uuid not null,
  id uuid not null,
  marketplace_payout_id uuid not null,
  external_line_id text not null,
  kind text not null,
  -- found by the key, also when the order comes after the money
  order_dedup_key text,
  order_external_id text,
  item_external_id text,
  return_external_id text,
  awb text,
  gross_amount numeric(14,4) not null,
  deductions numeric(14,4) not null,
  fees numeric(14,4) not null,
  taxes numeric(14,4) not null,
  net_amount numeric(14,4) not null,
  deduction_reason text,
  at timestamptz,
  content_hash bytea not null,
  primary key (seller_id, id),
  constraint payout_line_items__payout
    foreign key (seller_id, marketplace_payout_id) references marketplace_payouts (seller_id, id)
    on delete cascade,
  constraint payout_line_items__sum
    check (net_amount = gross_amount + deductions + fees + taxes)
);
create index payout_line_items__of_payout
  on payout_line_items (seller_id, marketplace_payout_id, external_line_id);
create index payout_line_items__of_order on payout_line_items (seller_id, order_dedup_key);
select app_protect('payout_line_items', 'select, insert, update, delete');
