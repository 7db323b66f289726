-- What is kept of buyers ends: their fields, the papers that show them, the raw rows that may name
-- them. Orders, lines and money stay.

-- How many days after delivery its plugin says; null: as many as Robnu takes where nobody says.
alter table marketplaces
  add column buyer_days integer,
  add constraint marketplaces__buyer_days check (buyer_days between 1 and 180);

-- From then on nothing of the buyer is kept of the order, and nothing is taken again.
alter table orders
  add column customer_erased_at timestamptz,
  add constraint orders__erased check (customer_erased_at is null
    or num_nonnulls(customer_name_enc, customer_phone_enc, customer_email_enc, address_enc,
      customer_phone_idx, customer_email_idx) = 0);
-- Which orders are due: those that are over by when that was said, the others by when anything was said
-- of them last. The same expressions stand in core/ledger/retention/due.ts and below.
create index orders__buyers_over on orders (
  seller_id, marketplace_account_id,
  (coalesce(least(case when own_status = status then own_at end,
    case when parcel_status = status then parcel_at end), source_updated_at))
) where customer_erased_at is null
  and status in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST');
create index orders__buyers_silent on orders (
  seller_id, marketplace_account_id, (greatest(source_updated_at, own_at, parcel_at, ship_by))
) where customer_erased_at is null
  and status not in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST');

-- A paper that was let go keeps its row, without the object.
alter table order_documents
  alter column storage_object_id drop not null,
  add column erased_at timestamptz,
  add constraint order_documents__erased
    check ((storage_object_id is null) = (erased_at is not null));
create index order_documents__of_order on order_documents (seller_id, order_id)
  where storage_object_id is not null;
-- also for the foreign key, when the sweep removes objects
create index order_documents__of_object on order_documents (seller_id, storage_object_id);
create index order_documents__invoices
  on order_documents (seller_id, marketplace_account_id, created_at)
  where type = 'CUSTOMER_INVOICE' and storage_object_id is not null;

-- A raw row that was emptied still says what was wrong with it.
alter table quarantined_rows
  alter column raw_enc drop not null,
  add column raw_erased_at timestamptz,
  add constraint quarantined_rows__erased check ((raw_enc is null) = (raw_erased_at is not null));
create index quarantined_rows__raw
  on quarantined_rows (seller_id, marketplace_account_id, created_at) where raw_erased_at is null;
grant update (raw_enc, raw_erased_at) on quarantined_rows to robnu_tenant;

-- Files of imports that came to no end.
create index imports__files
  on imports (seller_id, marketplace_account_id, created_at) where storage_object_id is not null;

-- What was erased, why, and how much of it: counts, nobody's data.
create table erasures (
  seller_id uuid not null references sellers (id),
  id uuid not null,
  -- null: of the whole seller
  marketplace_account_id uuid,
  reason text not null,
  -- in India; one row for each account and day of what retention does
  day date not null,
  -- of retention: how many days after the end of an order, and which orders had ended by then, by the
  -- clock of the marketplace
  days integer,
  ended_before timestamptz,
  orders integer not null default 0,
  -- sealed fields of these orders
  fields integer not null default 0,
  documents integer not null default 0,
  raw_rows integer not null default 0,
  -- of imports that came to no end
  files integer not null default 0,
  -- months of the archive of raw answers whose keys were destroyed
  archive_months integer not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (seller_id, id),
  constraint erasures__account
    foreign key (seller_id, marketplace_account_id) references marketplace_accounts (seller_id, id),
  constraint erasures__reason check (reason in ('retention', 'request', 'offboarding')),
  constraint erasures__counts
    check (least(orders, fields, documents, raw_rows, files, archive_months) >= 0)
);
create unique index erasures__retention
  on erasures (seller_id, marketplace_account_id, day) nulls not distinct
  where reason = 'retention';
create index erasures__newest on erasures (seller_id, created_at desc, id desc);
create index erasures__newest_of_account
  on erasures (seller_id, marketplace_account_id, created_at desc, id desc);
select app_protect('erasures', 'select, insert, update');

-- How much of an account is due, for the sweep and for who asks what would go: counts alone, each up to
-- p_most. The gate sees no sealed column.
select app_open_to_gate('orders', 'select (seller_id, id, marketplace_account_id, status, own_status,
  own_at, parcel_status, parcel_at, source_updated_at, ship_by, customer_erased_at)');
select app_open_to_gate('order_documents', 'select (seller_id, marketplace_account_id, order_id, type,
  storage_object_id, created_at)');
select app_open_to_gate('quarantined_rows', 'select (seller_id, marketplace_account_id, raw_erased_at,
  created_at)');
select app_open_to_gate('imports', 'select (seller_id, marketplace_account_id, storage_object_id,
  created_at)');
create function retention_due(
  p_seller uuid, p_account uuid, p_ended_before timestamptz, p_silent_before timestamptz,
  p_received_before timestamptz, p_invoices_before timestamptz, p_most integer
) returns table (orders integer, documents integer, raw_rows integer, files integer)
language sql stable security definer
set search_path = pg_catalog, pg_temp
begin atomic
  with due as materialized (
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null
        and o.status in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
        and coalesce(least(case when o.own_status = o.status then o.own_at end,
          case when o.parcel_status = o.status then o.parcel_at end), o.source_updated_at)
          < p_ended_before
      limit p_most)
    union all
    (select o.id from public.orders o
      where o.seller_id = p_seller and o.marketplace_account_id = p_account
        and o.customer_erased_at is null
        and o.status not in ('DELIVERED', 'CANCELLED', 'RTO_RECEIVED', 'LOST')
        and greatest(o.source_updated_at, o.own_at, o.parcel_at, o.ship_by) < p_silent_before
      limit p_most)
  )
  select (select count(*) from due)::integer,
    (select count(*) from public.order_documents d join due on due.id = d.order_id
      where d.seller_id = p_seller and d.type in ('PACKING_SLIP', 'LABEL', 'POB')
        and d.storage_object_id is not null)::integer
    + (select count(*) from (
      select from public.order_documents d
      where d.seller_id = p_seller and d.marketplace_account_id = p_account
        and d.type = 'CUSTOMER_INVOICE' and d.storage_object_id is not null
        and d.created_at < p_invoices_before
      limit p_most) i)::integer,
    (select count(*) from (
      select from public.quarantined_rows q
      where q.seller_id = p_seller and q.marketplace_account_id = p_account
        and q.raw_erased_at is null and q.created_at < p_received_before
      limit p_most) r)::integer,
    (select count(*) from (
      select from public.imports i
      where i.seller_id = p_seller and i.marketplace_account_id = p_account
        and i.storage_object_id is not null and i.created_at < p_received_before
      limit p_most) f)::integer;
end;
select app_gate_function('retention_due(uuid, uuid, timestamptz, timestamptz, timestamptz, timestamptz,
  integer)', 'robnu_platform');
