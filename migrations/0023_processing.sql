-- What is made of orders: objects in storage, batches of processing with their steps, documents and
-- the seller's own invoice numbers.

-- One row for each object in S3. It says STORED only after the object was read back there; what
-- nothing refers to (kept_at is null) is removed by the sweep.
create table storage_objects (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  bucket text not null,
  storage_key text not null,
  mime text not null,
  byte_size bigint,
  sha256 bytea,
  kms_key_alias text,
  -- of a bucket with versions
  version_id text,
  state text not null default 'PENDING',
  created_at timestamptz not null default now(),
  stored_at timestamptz,
  kept_at timestamptz,
  primary key (seller_id, id),
  constraint storage_objects__key unique (seller_id, storage_key),
  -- DOOMED: the sweep has taken it, and nothing may refer to it any more
  constraint storage_objects__state check (state in ('PENDING', 'STORED', 'DOOMED')),
  constraint storage_objects__stored check (state <> 'STORED'
    or stored_at is not null and byte_size is not null and sha256 is not null),
  constraint storage_objects__kept check (kept_at is null or state = 'STORED'),
  constraint storage_objects__sha256 check (length(sha256) = 32),
  -- a key names its seller, whatever wrote it
  constraint storage_objects__own check (position(seller_id::text in storage_key) > 0)
);
-- across sellers, partial: the sweep asks for what nothing refers to
create index storage_objects__loose on storage_objects (created_at) where kept_at is null;
select app_protect('storage_objects', 'select, insert, update', 'select, update (state), delete');
grant references on storage_objects to robnu_plugins;

-- Under which the seller is registered for GST: what invoices say of who sells.
create table seller_registrations (
  seller_id uuid not null references sellers (id),
  gstin text not null,
  legal_name text not null,
  trade_name text,
  line1 text not null,
  line2 text,
  city text not null,
  -- of GST, two digits
  state_code text not null,
  postal_code text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, gstin),
  constraint seller_registrations__gstin check (gstin ~ '^[0-9]{2}[A-Z0-9]{13}$'),
  constraint seller_registrations__state check (state_code ~ '^[0-9]{2}$')
);
select app_protect('seller_registrations', 'select, insert, update');

-- Orders that are processed together. A batch without orders closes manifests.
create table batches (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  job_run_id uuid not null,
  state text not null default 'QUEUED',
  closure text not null,
  -- the marketplace's ids of manifests to be closed
  close_manifests text[] not null default '{}',
  -- what goes into an open manifest and out of it, by the marketplace's ids
  manifest_changes jsonb,
  order_count integer not null default 0,
  failure_code text,
  failure_message text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  primary key (seller_id, id),
  constraint batches__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint batches__run foreign key (seller_id, job_run_id) references job_runs (seller_id, id),
  constraint batches__state check (state in ('QUEUED', 'RUNNING', 'DONE', 'FAILED')),
  constraint batches__closure check (closure in ('IMMEDIATE', 'DELAYED', 'MANUAL'))
);
create index batches__newest on batches (seller_id, created_at desc, id desc);
create index batches__newest_of_account
  on batches (seller_id, marketplace_account_id, created_at desc, id desc);
create index batches__of_run on batches (seller_id, job_run_id);
select app_protect('batches', 'select, insert, update');

create table batch_orders (
  seller_id uuid not null,
  batch_id uuid not null,
  order_id uuid not null,
  -- from 1, in the order in which they are handed to the marketplace
  position integer not null,
  state text not null default 'OPEN',
  -- the last step that it has come to
  step text,
  code text,
  message text,
  -- who is invoiced by the seller, where that is not the buyer
  bill_to jsonb,
  -- while it is in this batch it is in no other one
  live boolean not null,
  updated_at timestamptz not null default now(),
  primary key (seller_id, batch_id, order_id),
  constraint batch_orders__batch
    foreign key (seller_id, batch_id) references batches (seller_id, id),
  constraint batch_orders__order foreign key (seller_id, order_id) references orders (seller_id, id),
  -- STOPPED: the batch ended before it
  constraint batch_orders__state check (state in ('OPEN', 'DONE', 'HELD', 'STOPPED')),
  constraint batch_orders__held check ((state = 'HELD') = (code is not null)),
  constraint batch_orders__live check (not live or state = 'OPEN')
);
create unique index batch_orders__once on batch_orders (seller_id, order_id) where live;
create index batch_orders__of_order on batch_orders (seller_id, order_id);
select app_protect('batch_orders', 'select, insert, update');

-- What of each line is to be shipped, fixed when the batch begins.
create table batch_lines (
  seller_id uuid not null,
  batch_id uuid not null,
  order_id uuid not null,
  external_item_id text not null,
  -- ordered and not cancelled
  quantity integer not null,
  confirmed_quantity integer not null,
  -- why it is less: 'short-stock', 'asked', 'confirmed-before'
  reason text,
  primary key (seller_id, batch_id, order_id, external_item_id),
  constraint batch_lines__order foreign key (seller_id, batch_id, order_id)
    references batch_orders (seller_id, batch_id, order_id),
  constraint batch_lines__quantity check (confirmed_quantity between 0 and quantity),
  constraint batch_lines__reason check ((reason is not null) = (confirmed_quantity < quantity))
);
create index batch_lines__of_order on batch_lines (seller_id, order_id);
select app_protect('batch_lines', 'select, insert');

-- One row for each step of a batch or of an order in it. `started` alone: in doubt.
create table processing_steps (
  seller_id uuid not null,
  id uuid not null,
  batch_id uuid not null,
  -- null: of the whole batch
  order_id uuid,
  step text not null,
  seq integer not null,
  outcome text not null,
  code text,
  message text,
  output jsonb,
  -- how often it was begun
  attempts integer not null default 0,
  started_at timestamptz not null default now(),
  ended_at timestamptz,
  primary key (seller_id, id),
  constraint processing_steps__batch
    foreign key (seller_id, batch_id) references batches (seller_id, id),
  constraint processing_steps__order foreign key (seller_id, batch_id, order_id)
    references batch_orders (seller_id, batch_id, order_id),
  constraint processing_steps__once unique nulls not distinct (seller_id, batch_id, order_id, step),
  constraint processing_steps__seq unique (seller_id, batch_id, seq),
  constraint processing_steps__outcome check (outcome in ('started', 'done', 'held', 'failed')),
  constraint processing_steps__ended check ((outcome = 'started') = (ended_at is null))
);
select app_protect('processing_steps', 'select, insert, update');

-- The seller's own invoice numbers: of one account and financial year without a gap.
create table invoice_series (
  seller_id uuid not null,
  marketplace_account_id uuid not null,
  -- '26-27'
  financial_year text not null,
  series text not null,
  last_number integer not null default 0,
  primary key (seller_id, marketplace_account_id, financial_year),
  constraint invoice_series__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id)
);
select app_protect('invoice_series', 'select, insert, update');

create table order_invoices (
  seller_id uuid not null,
  order_id uuid not null,
  marketplace_account_id uuid not null,
  financial_year text not null,
  number integer not null,
  -- as it stands on the paper, 16 characters at most
  invoice_number text not null,
  gstin text,
  -- in India
  invoice_date date not null,
  created_at timestamptz not null default now(),
  primary key (seller_id, order_id),
  constraint order_invoices__order foreign key (seller_id, order_id) references orders (seller_id, id),
  constraint order_invoices__number
    unique (seller_id, marketplace_account_id, financial_year, number),
  -- whoever is registered once gives a number once
  constraint order_invoices__of_gstin unique (seller_id, gstin, invoice_number),
  constraint order_invoices__length check (length(invoice_number) <= 16)
);
select app_protect('order_invoices', 'select, insert');

create table order_documents (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  -- of an order, or of a manifest
  order_id uuid,
  shipment_id uuid,
  manifest_id uuid,
  type text not null,
  source text not null,
  storage_object_id uuid not null,
  batch_id uuid,
  -- by line; null where the paper does not tell
  quantities jsonb,
  created_at timestamptz not null default now(),
  -- another one has taken its place
  superseded_at timestamptz,
  primary key (seller_id, id),
  constraint order_documents__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint order_documents__order foreign key (seller_id, order_id) references orders (seller_id, id),
  constraint order_documents__shipment
    foreign key (seller_id, shipment_id) references shipments (seller_id, id),
  constraint order_documents__manifest
    foreign key (seller_id, manifest_id) references manifests (seller_id, id),
  constraint order_documents__object
    foreign key (seller_id, storage_object_id) references storage_objects (seller_id, id),
  constraint order_documents__batch
    foreign key (seller_id, batch_id) references batches (seller_id, id),
  constraint order_documents__of_one check (num_nonnulls(order_id, manifest_id) = 1),
  constraint order_documents__type check (type in (
    'PACKING_SLIP', 'VENDOR_INVOICE', 'CUSTOMER_INVOICE', 'LABEL', 'MANIFEST', 'POB')),
  constraint order_documents__source check (source in ('RENDERED', 'MARKETPLACE'))
);
create unique index order_documents__one
  on order_documents (seller_id, order_id, manifest_id, type) nulls not distinct
  where superseded_at is null;
create index order_documents__of_manifest on order_documents (seller_id, manifest_id);
select app_protect('order_documents', 'select, insert, update');
grant references on order_documents to robnu_plugins;

-- Documents that the marketplace makes later than it is asked.
create table document_asks (
  seller_id uuid not null,
  id uuid not null,
  marketplace_account_id uuid not null,
  shipment_id uuid,
  manifest_id uuid,
  type text not null,
  state text not null default 'WAITING',
  -- by the clock of the marketplace
  ask_at timestamptz not null,
  give_up_at timestamptz not null,
  attempts integer not null default 0,
  message text,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (seller_id, id),
  constraint document_asks__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint document_asks__shipment
    foreign key (seller_id, shipment_id) references shipments (seller_id, id),
  constraint document_asks__manifest
    foreign key (seller_id, manifest_id) references manifests (seller_id, id),
  constraint document_asks__of_one check (num_nonnulls(shipment_id, manifest_id) = 1),
  constraint document_asks__state check (state in ('WAITING', 'DONE', 'FAILED'))
);
create index document_asks__open on document_asks (seller_id, marketplace_account_id, ask_at)
  where state = 'WAITING';
select app_protect('document_asks', 'select, insert, update');
